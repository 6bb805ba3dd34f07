/** Tests of {@code .wire}. */
@NullMarked
package io.llamamesh.agent.wire;

import org.jspecify.annotations.NullMarked;
