/**
 * Discovery of agents, leadership and saved cursors in the cluster; with {@code main} the only
 * package that may import the Kubernetes client.
 */
@NullMarked
package io.llamamesh.scraper.cluster;

import org.jspecify.annotations.NullMarked;
