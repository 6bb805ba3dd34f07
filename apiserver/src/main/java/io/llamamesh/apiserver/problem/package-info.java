/** Refusals in the words of the Kubernetes API; imports {@code json} only. */
@NullMarked
package io.llamamesh.apiserver.problem;

import org.jspecify.annotations.NullMarked;
