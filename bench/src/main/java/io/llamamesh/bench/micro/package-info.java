/**
 * {@code bench micro}: the steps of the steady path alone, by JMH with its profiler of allocations.
 * Benchmarks use what the agent's packages offer to everyone, on a network that is played.
 */
@NullMarked
package io.llamamesh.bench.micro;

import org.jspecify.annotations.NullMarked;
