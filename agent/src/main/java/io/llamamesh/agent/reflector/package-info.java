/**
 * Reflects probes, with their arrival, sequence and drops filled in; imports {@code .net}, {@code
 * .wire} and nothing but {@code java.*} beside.
 */
@NullMarked
package io.llamamesh.agent.reflector;

import org.jspecify.annotations.NullMarked;
