/** Messages as bytes: versioned, bounded, and refused unless every byte is as it must be. */
@NullMarked
package io.llamamesh.fabric.wire;

import org.jspecify.annotations.NullMarked;
