/** Tests of {@code .points}. */
@NullMarked
package io.llamamesh.agent.points;

import org.jspecify.annotations.NullMarked;
