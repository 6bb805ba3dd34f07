/** {@code bench allocation}: what the steady path leaves to the garbage collector. */
@NullMarked
package io.llamamesh.bench.allocation;

import org.jspecify.annotations.NullMarked;
