/** What an administrator installs: chart, examples and guide against the real Helm and our API. */
@NullMarked
package io.llamamesh.chart;

import org.jspecify.annotations.NullMarked;
