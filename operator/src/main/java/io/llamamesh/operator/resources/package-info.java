/**
 * The Kubernetes objects of a mesh and how they are written; imports no JOSDK and nothing of {@code
 * .reconcile} or {@code .status}.
 */
@NullMarked
package io.llamamesh.operator.resources;

import org.jspecify.annotations.NullMarked;
