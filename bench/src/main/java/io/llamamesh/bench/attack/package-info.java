/**
 * Attacks on a running mesh of real processes, and what must hold meanwhile. A part that brings a
 * new surface adds an {@link io.llamamesh.bench.attack.Attack} to {@link
 * io.llamamesh.bench.attack.Attacks}. Imports {@code .process} and the contracts in {@code crds}.
 */
@NullMarked
package io.llamamesh.bench.attack;

import org.jspecify.annotations.NullMarked;
