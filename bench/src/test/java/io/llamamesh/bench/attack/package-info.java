/** Tests of the attacks. */
@NullMarked
package io.llamamesh.bench.attack;

import org.jspecify.annotations.NullMarked;
