/**
 * Real reflectors, collectors and agents in network namespaces of their own, over veth, with faults
 * made by the kernel itself; imports everything of the agent.
 */
@NullMarked
package io.llamamesh.agent.netns;

import org.jspecify.annotations.NullMarked;
