/**
 * Prometheus metrics of the network and of the scraper itself, in base units. Imports neither the
 * Kubernetes client nor a store's client.
 */
@NullMarked
package io.llamamesh.scraper.metrics;

import org.jspecify.annotations.NullMarked;
