/** Tests of the package of the same name. */
@NullMarked
package io.llamamesh.operator.main;

import org.jspecify.annotations.NullMarked;
