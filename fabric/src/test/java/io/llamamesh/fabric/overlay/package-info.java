/** Tests of views and links. */
@NullMarked
package io.llamamesh.fabric.overlay;

import org.jspecify.annotations.NullMarked;
