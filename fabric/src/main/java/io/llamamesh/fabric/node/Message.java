package io.llamamesh.fabric.node;

/**
 * A message of one node to another, over a link or in a datagram. Each package has a sealed
 * interface of its own below this one. Messages are immutable.
 */
public interface Message {}
