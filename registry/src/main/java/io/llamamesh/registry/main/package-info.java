/** The programs {@code registry} and {@code register}: options, wiring, life. */
@NullMarked
package io.llamamesh.registry.main;

import org.jspecify.annotations.NullMarked;
