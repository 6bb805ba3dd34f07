/** Rows: each does something to a cluster, checks what must follow, and notes figures. */
@NullMarked
package io.llamamesh.e2e.row;

import org.jspecify.annotations.NullMarked;
