/** Tests. */
@NullMarked
package io.llamamesh.bench.process;

import org.jspecify.annotations.NullMarked;
