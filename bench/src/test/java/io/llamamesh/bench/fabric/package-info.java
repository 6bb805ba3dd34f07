/** Tests of the fabric's benchmark. */
@NullMarked
package io.llamamesh.bench.fabric;

import org.jspecify.annotations.NullMarked;
