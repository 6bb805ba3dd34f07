/** How rows wait. */
@NullMarked
package io.llamamesh.e2e.cluster;

import org.jspecify.annotations.NullMarked;
