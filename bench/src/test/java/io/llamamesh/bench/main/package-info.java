/** Tests. */
@NullMarked
package io.llamamesh.bench.main;

import org.jspecify.annotations.NullMarked;
