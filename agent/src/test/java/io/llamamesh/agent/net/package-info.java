/** Tests of {@code .net}. */
@NullMarked
package io.llamamesh.agent.net;

import org.jspecify.annotations.NullMarked;
