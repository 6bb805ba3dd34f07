/** Tests. */
@NullMarked
package io.llamamesh.bench.subject;

import org.jspecify.annotations.NullMarked;
