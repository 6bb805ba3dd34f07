package io.llamamesh.agent.collector;

import java.net.InetSocketAddress;

/** Hears of every change of a peer's state, on the collector's thread; must return at once. */
@FunctionalInterface
public interface PeerListener {

  void changed(InetSocketAddress peer, PeerState before, PeerState now);
}
