/** Rules that the architecture of every program follows; for the tests of other modules. */
@NullMarked
package io.llamamesh.testkit.archunit;

import org.jspecify.annotations.NullMarked;
