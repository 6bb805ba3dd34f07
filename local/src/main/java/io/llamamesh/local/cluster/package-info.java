/**
 * Stand-ins for a cluster's machines: nodes, pods, and the processes that run them; must not import
 * faults, store or page.
 */
@NullMarked
package io.llamamesh.local.cluster;

import org.jspecify.annotations.NullMarked;
