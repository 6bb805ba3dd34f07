/** Tests of partitions. */
@NullMarked
package io.llamamesh.fabric.partition;

import org.jspecify.annotations.NullMarked;
