/**
 * LLAMA's HTTP API on the JDK's own server; imports neither {@code .config}'s watching nor {@code
 * .main}.
 */
@NullMarked
package io.llamamesh.agent.http;

import org.jspecify.annotations.NullMarked;
