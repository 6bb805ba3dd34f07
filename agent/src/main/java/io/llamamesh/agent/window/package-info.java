/**
 * Results of windows: tallies of probes, results of pairs, closed windows, and the archive of those
 * that are retained; imports nothing but {@code java.*}.
 */
@NullMarked
package io.llamamesh.agent.window;

import org.jspecify.annotations.NullMarked;
