/** Tests of what gives tests a cluster. */
@NullMarked
package io.llamamesh.testkit.junit;

import org.jspecify.annotations.NullMarked;
