/**
 * Bursts: many probes of one member for a short time, with flows of their own, beside what is
 * measured. The engine is the collector's.
 */
@NullMarked
package io.llamamesh.agent.burst;

import org.jspecify.annotations.NullMarked;
