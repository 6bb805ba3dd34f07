/** Tests of {@code .config}. */
@NullMarked
package io.llamamesh.agent.config;

import org.jspecify.annotations.NullMarked;
