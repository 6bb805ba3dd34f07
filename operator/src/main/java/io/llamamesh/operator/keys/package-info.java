/**
 * Keys of nodes: who may have which, and the server that hands them out. Knows nothing of
 * reconciling; {@code reconcile} says what there is to hand out.
 */
@NullMarked
package io.llamamesh.operator.keys;

import org.jspecify.annotations.NullMarked;
