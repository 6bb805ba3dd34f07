/** Tests of the package of the same name. */
@NullMarked
package io.llamamesh.operator.plan;

import org.jspecify.annotations.NullMarked;
