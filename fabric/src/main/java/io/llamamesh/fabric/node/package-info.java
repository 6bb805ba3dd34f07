/** Who a node is, and in which of its lives; imports nothing but {@code java.*}. */
@NullMarked
package io.llamamesh.fabric.node;

import org.jspecify.annotations.NullMarked;
