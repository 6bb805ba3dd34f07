/** Tests of the test control plane. */
@NullMarked
package io.llamamesh.testkit;

import org.jspecify.annotations.NullMarked;
