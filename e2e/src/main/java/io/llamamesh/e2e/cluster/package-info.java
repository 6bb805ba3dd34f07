/** A Kubernetes cluster on this machine: a control plane, nodes, their images, and Helm. */
@NullMarked
package io.llamamesh.e2e.cluster;

import org.jspecify.annotations.NullMarked;
