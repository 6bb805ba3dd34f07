/** Tests of the package of the same name. */
@NullMarked
package io.llamamesh.operator.reconcile;

import org.jspecify.annotations.NullMarked;
