/** Tests of link state. */
@NullMarked
package io.llamamesh.fabric.linkstate;

import org.jspecify.annotations.NullMarked;
