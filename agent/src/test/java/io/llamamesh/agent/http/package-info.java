/** Tests of {@code .http}. */
@NullMarked
package io.llamamesh.agent.http;

import org.jspecify.annotations.NullMarked;
