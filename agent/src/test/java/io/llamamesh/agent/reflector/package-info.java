/** Tests of {@code .reflector}. */
@NullMarked
package io.llamamesh.agent.reflector;

import org.jspecify.annotations.NullMarked;
