/** Tests of the package of the same name. */
@NullMarked
package io.llamamesh.operator.resources;

import org.jspecify.annotations.NullMarked;
