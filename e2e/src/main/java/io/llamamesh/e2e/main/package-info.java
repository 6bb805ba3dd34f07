/** The program {@code e2e}. */
@NullMarked
package io.llamamesh.e2e.main;

import org.jspecify.annotations.NullMarked;
