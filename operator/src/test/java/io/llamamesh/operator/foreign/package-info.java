/**
 * A cluster in a process of its own, for running the integration tests as they run on a real one;
 * imports nothing of the operator.
 */
@NullMarked
package io.llamamesh.operator.foreign;

import org.jspecify.annotations.NullMarked;
