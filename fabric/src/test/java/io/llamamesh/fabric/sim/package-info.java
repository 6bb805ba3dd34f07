/** Many nodes on one virtual clock and network, seeded: the same seed gives the same run. */
@NullMarked
package io.llamamesh.fabric.sim;

import org.jspecify.annotations.NullMarked;
