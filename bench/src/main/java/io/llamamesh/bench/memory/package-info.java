/** {@code bench memory}: what an agent occupies, and how soon it probes. */
@NullMarked
package io.llamamesh.bench.memory;

import org.jspecify.annotations.NullMarked;
