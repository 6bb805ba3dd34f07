/** Tests of the package of the same name. */
@NullMarked
package io.llamamesh.operator.keys;

import org.jspecify.annotations.NullMarked;
