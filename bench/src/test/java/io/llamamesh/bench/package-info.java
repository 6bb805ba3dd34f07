/** Tests. */
@NullMarked
package io.llamamesh.bench;

import org.jspecify.annotations.NullMarked;
