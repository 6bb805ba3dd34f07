/** Tests of {@code .main}. */
@NullMarked
package io.llamamesh.agent.main;

import org.jspecify.annotations.NullMarked;
