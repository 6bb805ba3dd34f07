/** Processes, namespaces and control groups of this machine: what a node is made of. */
@NullMarked
package io.llamamesh.e2e.machine;

import org.jspecify.annotations.NullMarked;
