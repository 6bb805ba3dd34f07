/** What must hold on a cluster, one row each, with the figures that a run gave. */
@NullMarked
package io.llamamesh.e2e.row;

import org.jspecify.annotations.NullMarked;
