/**
 * Simulator of a mesh: many nodes on one virtual clock and network, seeded, so that the same seed
 * gives the same run. Tests and the fabric's benchmark stand on it; nothing else imports it. Pure:
 * neither threads nor sockets.
 */
@NullMarked
package io.llamamesh.fabric.sim;

import org.jspecify.annotations.NullMarked;
