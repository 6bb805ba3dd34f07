/**
 * Ends what nobody owns any more, what lies in a deleted namespace, and resources of a deleted
 * definition. May not import {@code http} or the root package.
 */
@NullMarked
package io.llamamesh.apiserver.gc;

import org.jspecify.annotations.NullMarked;
