/**
 * What every node says of itself, flooded to all: its neighbours and whom it cannot hear. Pure:
 * time and messages in, messages and changes out.
 */
@NullMarked
package io.llamamesh.fabric.linkstate;

import org.jspecify.annotations.NullMarked;
