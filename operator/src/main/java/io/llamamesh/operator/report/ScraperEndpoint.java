package io.llamamesh.operator.report;

import java.net.URI;

/**
 * A scraper that may answer.
 *
 * @param pod its name, which its Lease carries while it writes to the store
 * @param url where its page and API are
 * @param ready whether its pod is; one whose node's kubelet died is not, and answers all the same
 */
public record ScraperEndpoint(String pod, URI url, boolean ready) {}
