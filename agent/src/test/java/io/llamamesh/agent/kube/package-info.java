/** Tests of {@code .kube}. */
@NullMarked
package io.llamamesh.agent.kube;

import org.jspecify.annotations.NullMarked;
