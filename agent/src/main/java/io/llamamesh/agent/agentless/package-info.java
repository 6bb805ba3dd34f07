/**
 * Probes of hosts without an agent, by ICMP echo and TCP connect: a thread of its own, whose
 * results go into the collector's windows. Imports {@code .collector}, {@code .net} and {@code
 * .window}.
 */
@NullMarked
package io.llamamesh.agent.agentless;

import org.jspecify.annotations.NullMarked;
