/** What the rows judge by. */
@NullMarked
package io.llamamesh.e2e.row;

import org.jspecify.annotations.NullMarked;
