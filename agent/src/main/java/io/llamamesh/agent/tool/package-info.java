/** What the tools for an incident, bursts and silences, have in common. */
@NullMarked
package io.llamamesh.agent.tool;

import org.jspecify.annotations.NullMarked;
