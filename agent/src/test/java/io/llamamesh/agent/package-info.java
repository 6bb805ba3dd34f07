/** Tests of the module as a whole. */
@NullMarked
package io.llamamesh.agent;

import org.jspecify.annotations.NullMarked;
