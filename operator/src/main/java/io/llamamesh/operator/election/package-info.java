/**
 * Leader election among operators by a Lease, which its holder renews and others take when it has
 * run out. Knows nothing of meshes.
 */
@NullMarked
package io.llamamesh.operator.election;

import org.jspecify.annotations.NullMarked;
