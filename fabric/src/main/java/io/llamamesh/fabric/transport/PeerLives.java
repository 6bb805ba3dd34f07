package io.llamamesh.fabric.transport;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The lives of peers by what they have authenticated: incarnation, the mark of their reflector, and
 * which of their datagrams have been here (a window of 64 as in RFC 6479).
 */
final class PeerLives {

  /** Peers that are remembered, those heard of last. */
  static final int MOST = 16_384;

  private static final int WINDOW = 64;

  private static final class Life {
    private long incarnation;
    private int epoch;
    private long highest = -1;
    private long seen;
  }

  private final Map<String, Life> lives =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Life> eldest) {
          return size() > MOST;
        }
      };

  /** A hello: it is of this moment, whatever was known before. */
  void hello(String peer, long incarnation, int epoch) {
    Life life = lives.computeIfAbsent(peer, name -> new Life());
    if (life.incarnation != incarnation) {
      life.incarnation = incarnation;
      life.highest = -1;
      life.seen = 0;
    }
    life.epoch = epoch;
  }

  /**
   * A datagram.
   *
   * @param counter its number among those of its sender's life
   * @return whether it is new
   */
  boolean acceptsDatagram(String peer, long incarnation, int epoch, long counter) {
    Life life = lives.computeIfAbsent(peer, name -> new Life());
    if (incarnation < life.incarnation) {
      return false;
    }
    if (incarnation > life.incarnation) {
      life.incarnation = incarnation;
      life.highest = -1;
      life.seen = 0;
    }
    if (!isNew(life, counter)) {
      return false;
    }
    life.epoch = epoch;
    return true;
  }

  private static boolean isNew(Life life, long counter) {
    if (counter > life.highest) {
      long ahead = counter - life.highest;
      life.seen = life.highest < 0 || ahead >= WINDOW ? 1 : life.seen << ahead | 1;
      life.highest = counter;
      return true;
    }
    long behind = life.highest - counter;
    if (behind >= WINDOW || (life.seen & 1L << behind) != 0) {
      return false;
    }
    life.seen |= 1L << behind;
    return true;
  }

  /** The incarnation that a peer was last heard of in; 0 where it never was. */
  long incarnation(String peer) {
    @Nullable Life life = lives.get(peer);
    return life == null ? 0 : life.incarnation;
  }

  /** True when it is this peer whose reflector marks its answers so. */
  boolean isEpoch(String peer, int epoch) {
    @Nullable Life life = lives.get(peer);
    return life != null && epoch != 0 && life.epoch == epoch;
  }
}
