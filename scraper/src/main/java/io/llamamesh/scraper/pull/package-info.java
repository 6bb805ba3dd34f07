/**
 * Pulls every agent's windows: for each agent an {@link io.llamamesh.scraper.pull.AgentPoller}
 * reads them into the matrix and a {@link io.llamamesh.scraper.pull.StorePump} brings them to the
 * store, in a virtual thread each; what the two share is an {@link
 * io.llamamesh.scraper.pull.AgentPosition}. Imports neither the Kubernetes client nor a store's
 * client.
 */
@NullMarked
package io.llamamesh.scraper.pull;

import org.jspecify.annotations.NullMarked;
