/** Tests of {@code .collector}. */
@NullMarked
package io.llamamesh.agent.collector;

import org.jspecify.annotations.NullMarked;
