/** Tests of {@code .store}. */
@NullMarked
package io.llamamesh.agent.store;

import org.jspecify.annotations.NullMarked;
