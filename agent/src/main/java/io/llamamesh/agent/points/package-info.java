/**
 * Points of closed windows, for readers and stores; imports {@code .window} and the results
 * documents, and neither HTTP nor files.
 */
@NullMarked
package io.llamamesh.agent.points;

import org.jspecify.annotations.NullMarked;
