/** What the rows judge by, and where things may be. */
@NullMarked
package io.llamamesh.e2e;

import org.jspecify.annotations.NullMarked;
