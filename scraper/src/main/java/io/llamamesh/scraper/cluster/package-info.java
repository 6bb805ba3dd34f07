/**
 * Which agents there are, and what is kept in the cluster about them; the only package that may
 * import the Kubernetes client.
 */
@NullMarked
package io.llamamesh.scraper.cluster;

import org.jspecify.annotations.NullMarked;
