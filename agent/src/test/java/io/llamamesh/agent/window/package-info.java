/** Tests of {@code .points}. */
@NullMarked
package io.llamamesh.agent.window;

import org.jspecify.annotations.NullMarked;
