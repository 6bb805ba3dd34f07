/**
 * The little of a Kubernetes client that an agent needs: how to reach the API, and a watch of one
 * ConfigMap. Knows nothing of what the ConfigMap says; imports Jackson and {@code java.*} beside.
 */
@NullMarked
package io.llamamesh.agent.kube;

import org.jspecify.annotations.NullMarked;
