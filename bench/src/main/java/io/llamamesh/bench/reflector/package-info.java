/** {@code bench reflector}: what one echo costs. */
@NullMarked
package io.llamamesh.bench.reflector;

import org.jspecify.annotations.NullMarked;
