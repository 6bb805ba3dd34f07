/** The test control plane for JUnit: one for all tests of a JVM, a namespace for each test. */
@NullMarked
package io.llamamesh.testkit.junit;

import org.jspecify.annotations.NullMarked;
