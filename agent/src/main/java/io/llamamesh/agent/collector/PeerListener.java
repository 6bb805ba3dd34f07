package io.llamamesh.agent.collector;

import java.net.InetSocketAddress;

/** Listener of peers' states and replies, called on the collector's thread; must return at once. */
@FunctionalInterface
public interface PeerListener {

  /** Called when a peer's state changed. */
  void changed(InetSocketAddress peer, PeerState before, PeerState now);

  /**
   * Called once for each reply of a reflector with our slots; must not allocate.
   *
   * @param epoch the mark of that reflector's life
   * @param sentNanos when the probe was sent, monotonic
   * @param networkNanos its round-trip time without the residence time, negative where it is not
   *     known
   */
  default void answered(InetSocketAddress peer, int epoch, long sentNanos, long networkNanos) {}

  /** Longest time from a reply's arrival until {@link #answered}; asked once a tick. */
  default long longestDelayNanos() {
    return Long.MAX_VALUE;
  }

  /** A listener that calls two others in turn. */
  static PeerListener both(PeerListener first, PeerListener second) {
    return new PeerListener() {
      @Override
      public void changed(InetSocketAddress peer, PeerState before, PeerState now) {
        first.changed(peer, before, now);
        second.changed(peer, before, now);
      }

      @Override
      public void answered(InetSocketAddress peer, int epoch, long sentNanos, long networkNanos) {
        first.answered(peer, epoch, sentNanos, networkNanos);
        second.answered(peer, epoch, sentNanos, networkNanos);
      }

      @Override
      public long longestDelayNanos() {
        return Math.min(first.longestDelayNanos(), second.longestDelayNanos());
      }
    };
  }
}
