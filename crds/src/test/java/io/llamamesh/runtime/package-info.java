/** Tests of what programs share. */
@NullMarked
package io.llamamesh.runtime;

import org.jspecify.annotations.NullMarked;
