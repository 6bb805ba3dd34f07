/** Sizes of simulations in tests. */
@NullMarked
package io.llamamesh.fabric.sim;

import org.jspecify.annotations.NullMarked;
