/**
 * A real Kubernetes control plane for the tests of every module: where its programs come from, how
 * it is started and stopped, and what was asked of it. The one place of the tests that reads the
 * environment for that.
 */
@NullMarked
package io.llamamesh.testkit;

import org.jspecify.annotations.NullMarked;
