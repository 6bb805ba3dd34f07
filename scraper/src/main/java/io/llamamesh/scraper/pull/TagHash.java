package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import java.security.SecureRandom;

/**
 * Keyed hash of a series: SipHash-1-3 (Aumasson and Bernstein, 2012) of a point's measurement and
 * tags under a random key. An agent that makes up tags cannot find collisions, as it could for
 * {@link String#hashCode}, where {@code Aa} and {@code BB} are the same. Thread-safe.
 */
final class TagHash {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final long key0 = RANDOM.nextLong();
  private final long key1 = RANDOM.nextLong();

  /** The hash of the point's series. */
  int of(Point point) {
    State state = new State(key0, key1);
    state.add(point.measurement());
    point.forEachTag((name, value) -> {
      state.add(name);
      state.add(value);
    });
    return state.end();
  }

  private static final class State {
    private long v0;
    private long v1;
    private long v2;
    private long v3;

    State(long key0, long key1) {
      v0 = key0 ^ 0x736f6d6570736575L;
      v1 = key1 ^ 0x646f72616e646f6dL;
      v2 = key0 ^ 0x6c7967656e657261L;
      v3 = key1 ^ 0x7465646279746573L;
    }

    /** Adds a text: its length, then four characters at a time. */
    void add(String text) {
      int length = text.length();
      add(length);
      long word = 0;
      for (int i = 0; i < length; i++) {
        word = word << 16 | text.charAt(i);
        if ((i & 3) == 3 || i == length - 1) {
          add(word);
          word = 0;
        }
      }
    }

    private void add(long word) {
      v3 ^= word;
      round();
      v0 ^= word;
    }

    int end() {
      v2 ^= 0xff;
      round();
      round();
      round();
      long all = v0 ^ v1 ^ v2 ^ v3;
      return (int) (all ^ all >>> 32);
    }

    private void round() {
      v0 += v1;
      v1 = Long.rotateLeft(v1, 13) ^ v0;
      v0 = Long.rotateLeft(v0, 32);
      v2 += v3;
      v3 = Long.rotateLeft(v3, 16) ^ v2;
      v0 += v3;
      v3 = Long.rotateLeft(v3, 21) ^ v0;
      v2 += v1;
      v1 = Long.rotateLeft(v1, 17) ^ v2;
      v2 = Long.rotateLeft(v2, 32);
    }
  }
}
