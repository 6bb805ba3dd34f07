/** The identity of a node and of its lives; imports nothing but {@code java.*}. */
@NullMarked
package io.llamamesh.fabric.node;

import org.jspecify.annotations.NullMarked;
