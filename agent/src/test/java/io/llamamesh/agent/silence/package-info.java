/** Tests of {@code .silence}. */
@NullMarked
package io.llamamesh.agent.silence;

import org.jspecify.annotations.NullMarked;
