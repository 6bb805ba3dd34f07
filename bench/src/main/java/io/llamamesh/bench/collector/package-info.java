/** {@code bench collector}: what one probe costs. */
@NullMarked
package io.llamamesh.bench.collector;

import org.jspecify.annotations.NullMarked;
