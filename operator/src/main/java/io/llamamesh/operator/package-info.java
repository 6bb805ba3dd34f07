/**
 * The operator, for other programs to start: {@link io.llamamesh.operator.EmbeddedOperator} and its
 * options. Imports what works for it; nobody but {@code .run} and {@code .main} imports it here.
 */
@NullMarked
package io.llamamesh.operator;

import org.jspecify.annotations.NullMarked;
