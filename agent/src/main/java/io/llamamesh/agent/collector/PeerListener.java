package io.llamamesh.agent.collector;

import java.net.InetSocketAddress;

/** Hears of peers on the collector's thread; must return at once. */
@FunctionalInterface
public interface PeerListener {

  /** A peer's state changed. */
  void changed(InetSocketAddress peer, PeerState before, PeerState now);

  /**
   * One of our own reflectors answered a probe; of each reply once, so nothing may be made.
   *
   * @param epoch the mark of that reflector's life
   * @param sentNanos when the probe was sent, monotonic
   * @param networkNanos its time on the way, negative where it is not known
   */
  default void answered(InetSocketAddress peer, int epoch, long sentNanos, long networkNanos) {}

  /** One that tells two others. */
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
    };
  }
}
