/** Tests of the package of the same name. */
@NullMarked
package io.llamamesh.kube;

import org.jspecify.annotations.NullMarked;
