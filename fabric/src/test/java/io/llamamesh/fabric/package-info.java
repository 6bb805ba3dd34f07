/** Tests of one node and of many on a virtual clock. */
@NullMarked
package io.llamamesh.fabric;

import org.jspecify.annotations.NullMarked;
