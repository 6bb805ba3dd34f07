/** Tests of the package of the same name. */
@NullMarked
package io.llamamesh.operator.election;

import org.jspecify.annotations.NullMarked;
