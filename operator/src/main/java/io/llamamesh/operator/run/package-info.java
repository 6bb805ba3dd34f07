/**
 * The operator's life in a process of its own: which of several works, for which namespaces, and
 * what is done when it cannot. Reads no environment and never exits.
 */
@NullMarked
package io.llamamesh.operator.run;

import org.jspecify.annotations.NullMarked;
