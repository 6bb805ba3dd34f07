/**
 * The loop: what is watched, when a mesh is looked at again, and what is then planned, written and
 * said; never imports {@code .main}.
 */
@NullMarked
package io.llamamesh.operator.reconcile;

import org.jspecify.annotations.NullMarked;
