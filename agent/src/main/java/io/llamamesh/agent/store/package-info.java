/**
 * Closed windows beyond this process's memory: files to restart from, and the upload on drain;
 * imports {@code .window} and {@code .points}, neither {@code .config} nor {@code .main}.
 */
@NullMarked
package io.llamamesh.agent.store;

import org.jspecify.annotations.NullMarked;
