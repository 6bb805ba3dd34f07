/** Tests of the agent's part in the fabric. */
@NullMarked
package io.llamamesh.agent.fabric;

import org.jspecify.annotations.NullMarked;
