/** Tests of the package of the same name. */
@NullMarked
package io.llamamesh.operator.run;

import org.jspecify.annotations.NullMarked;
