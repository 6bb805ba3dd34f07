/** Tests of identities. */
@NullMarked
package io.llamamesh.fabric.node;

import org.jspecify.annotations.NullMarked;
