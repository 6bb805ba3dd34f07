/** Tests of {@code .points}. */
@NullMarked
package io.llamamesh.agent.auth;

import org.jspecify.annotations.NullMarked;
