/**
 * The reconcile loop: what is watched, when a mesh is reconciled, and what is then planned, written
 * and put into its status.
 */
@NullMarked
package io.llamamesh.operator.reconcile;

import org.jspecify.annotations.NullMarked;
