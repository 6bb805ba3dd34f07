/** Tests of the module as a whole. */
@NullMarked
package io.llamamesh.operator;

import org.jspecify.annotations.NullMarked;
