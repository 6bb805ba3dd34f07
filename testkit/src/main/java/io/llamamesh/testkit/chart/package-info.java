/**
 * The chart as an administrator installs it, by the real Helm and kubectl, and the operator that it
 * runs; for the tests of other modules.
 */
@NullMarked
package io.llamamesh.testkit.chart;

import org.jspecify.annotations.NullMarked;
