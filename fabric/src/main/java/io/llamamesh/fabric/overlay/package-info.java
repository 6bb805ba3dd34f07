/**
 * The overlay: HyParView's active and passive views, and one link per pair. Pure: time and messages
 * in, messages and wishes for links out.
 */
@NullMarked
package io.llamamesh.fabric.overlay;

import org.jspecify.annotations.NullMarked;
