/**
 * Sends probes back, telling what it saw of them; imports {@code .net}, {@code .wire} and nothing
 * but {@code java.*} beside.
 */
@NullMarked
package io.llamamesh.agent.reflector;

import org.jspecify.annotations.NullMarked;
