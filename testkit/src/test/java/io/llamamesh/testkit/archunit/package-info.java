/** Tests of the shared rules. */
@NullMarked
package io.llamamesh.testkit.archunit;

import org.jspecify.annotations.NullMarked;
