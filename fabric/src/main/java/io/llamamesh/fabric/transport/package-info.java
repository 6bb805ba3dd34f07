/**
 * Links and datagrams between nodes over real sockets: handshake, keys, frames, limits, and the
 * thread that drives a {@link io.llamamesh.fabric.Fabric}. The only package of the fabric that
 * knows clocks, threads and the network.
 */
@NullMarked
package io.llamamesh.fabric.transport;

import org.jspecify.annotations.NullMarked;
