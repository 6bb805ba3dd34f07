/** The benchmark {@code registry}: probes that register and ask, as many as a registry takes. */
@NullMarked
package io.llamamesh.bench.registry;

import org.jspecify.annotations.NullMarked;
