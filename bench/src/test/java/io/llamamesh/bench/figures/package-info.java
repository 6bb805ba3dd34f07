/** Tests. */
@NullMarked
package io.llamamesh.bench.figures;

import org.jspecify.annotations.NullMarked;
