/**
 * Closed windows beyond this process's memory: files to restart from, and the upload on drain;
 * imports {@code .collector} and what turns windows into points, neither {@code .config}'s watching
 * nor {@code .main}.
 */
@NullMarked
package io.llamamesh.agent.store;

import org.jspecify.annotations.NullMarked;
