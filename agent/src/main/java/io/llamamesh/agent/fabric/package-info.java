/** The agent's part in the fabric: when it takes part, what it keeps, what its collector knows. */
@NullMarked
package io.llamamesh.agent.fabric;

import org.jspecify.annotations.NullMarked;
