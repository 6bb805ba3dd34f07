/**
 * Reads every agent's windows, each in its own virtual thread, and hands them on; imports neither
 * the Kubernetes client nor a store's client.
 */
@NullMarked
package io.llamamesh.scraper.pull;

import org.jspecify.annotations.NullMarked;
