package io.llamamesh.operator.status;

import java.net.URI;

/**
 * A ready scraper.
 *
 * @param pod its name, which its Lease carries while it writes to the store
 * @param url where its page and API are
 */
public record ScraperAddress(String pod, URI url) {}
