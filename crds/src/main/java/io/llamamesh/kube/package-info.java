/** Connections to the Kubernetes API: time limits, watches that end, and who may write. */
@NullMarked
package io.llamamesh.kube;

import org.jspecify.annotations.NullMarked;
