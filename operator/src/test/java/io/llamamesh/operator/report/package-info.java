/** Tests of the package of the same name. */
@NullMarked
package io.llamamesh.operator.report;

import org.jspecify.annotations.NullMarked;
