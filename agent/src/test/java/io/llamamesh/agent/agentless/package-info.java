/** Tests of {@code .agentless}. */
@NullMarked
package io.llamamesh.agent.agentless;

import org.jspecify.annotations.NullMarked;
