/** Tests of {@code .burst}. */
@NullMarked
package io.llamamesh.agent.burst;

import org.jspecify.annotations.NullMarked;
