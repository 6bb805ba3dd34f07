/** The images' tars, read again. */
@NullMarked
package io.llamamesh.images;

import org.jspecify.annotations.NullMarked;
