/**
 * An in-process stand-in for the Kubernetes API, for tests and for a mesh on one machine; knows
 * nothing of meshes, and may not import any other module of ours.
 */
@NullMarked
package io.llamamesh.apiserver;

import org.jspecify.annotations.NullMarked;
