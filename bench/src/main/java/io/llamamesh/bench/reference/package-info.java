/**
 * The C programs that ours are compared with, and the load that both get; imports {@code .process}
 * and the agent's {@code .net} and {@code .wire} for where there is no compiler.
 */
@NullMarked
package io.llamamesh.bench.reference;

import org.jspecify.annotations.NullMarked;
