/**
 * Our programs as they are shipped, started to be measured; imports {@code .process} and the
 * contracts in {@code crds}.
 */
@NullMarked
package io.llamamesh.bench.subject;

import org.jspecify.annotations.NullMarked;
