/** {@code bench accuracy}: whether what is reported is the network's. */
@NullMarked
package io.llamamesh.bench.accuracy;

import org.jspecify.annotations.NullMarked;
