/**
 * The little of a Kubernetes client that an agent needs: access to the API, and a watch of one
 * ConfigMap, whatever its content; imports Jackson and {@code java.*} beside.
 */
@NullMarked
package io.llamamesh.agent.kube;

import org.jspecify.annotations.NullMarked;
