/**
 * Multicast along trees that every node computes for itself from link state: a message names the
 * root of its tree, and each node sends it on to its children there. Pure: {@link
 * io.llamamesh.fabric.multicast.Multicast} takes messages and gives messages and deliveries to a
 * {@link io.llamamesh.fabric.multicast.MulticastOutbox}; imports only {@code java.*} and {@code
 * .codec}.
 */
@NullMarked
package io.llamamesh.fabric.multicast;

import org.jspecify.annotations.NullMarked;
