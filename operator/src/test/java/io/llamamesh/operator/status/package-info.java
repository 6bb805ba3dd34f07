/** Tests of the package of the same name. */
@NullMarked
package io.llamamesh.operator.status;

import org.jspecify.annotations.NullMarked;
