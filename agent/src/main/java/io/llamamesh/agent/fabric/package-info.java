/**
 * The agent's part in the fabric: its node, the files that it keeps, and the evidence of its
 * collector.
 */
@NullMarked
package io.llamamesh.agent.fabric;

import org.jspecify.annotations.NullMarked;
