/** Tests of the failure detector. */
@NullMarked
package io.llamamesh.fabric.detector;

import org.jspecify.annotations.NullMarked;
