/** Tests of the transport over real sockets on loopback. */
@NullMarked
package io.llamamesh.fabric.transport;

import org.jspecify.annotations.NullMarked;
