/** Partitions of a mesh, as sides with names. Pure functions. */
@NullMarked
package io.llamamesh.fabric.partition;

import org.jspecify.annotations.NullMarked;
