/**
 * The fabric: agents that know of each other, after Lashup. {@link io.llamamesh.fabric.Fabric} is
 * one node of it, a pure state machine that a host drives and that imports nothing but {@code
 * java.*}.
 */
@NullMarked
package io.llamamesh.fabric;

import org.jspecify.annotations.NullMarked;
