/** Tests of messages as bytes. */
@NullMarked
package io.llamamesh.fabric.wire;

import org.jspecify.annotations.NullMarked;
