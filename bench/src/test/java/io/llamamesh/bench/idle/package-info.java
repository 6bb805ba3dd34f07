/** Tests. */
@NullMarked
package io.llamamesh.bench.idle;

import org.jspecify.annotations.NullMarked;
