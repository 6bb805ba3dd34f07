/** Tests. */
@NullMarked
package io.llamamesh.bench.micro;

import org.jspecify.annotations.NullMarked;
