package io.llamamesh.scraper.matrix;

import java.util.HashMap;
import java.util.Map;

/**
 * How much of the heap the histories of pairs take, in all and of each agent, so that one that
 * makes up pairs costs itself alone. Not thread-safe: {@link Matrix} owns it.
 */
final class SeriesMemory {
  /** Of a thousand agents each has but a thousandth. */
  private static final int SHARE_OF_ONE = 8;

  private final long most;
  private final Map<String, Long> byOwner = new HashMap<>();
  private long all;

  /**
   * @param most bytes for all
   */
  SeriesMemory(long most) {
    this.most = most;
  }

  /** Whether more may be taken for that agent. */
  boolean hasRoom(String owner) {
    return all < most && byOwner.getOrDefault(owner, 0L) < most / SHARE_OF_ONE;
  }

  /** Whether there will soon be no room for anybody. */
  boolean isTight() {
    return all > most - most / 32;
  }

  /** Whether twice as long histories would fit. */
  boolean hasAmpleRoom() {
    return all < most / 3;
  }

  /** That agent's histories take so much more, or less. */
  void add(String owner, long bytes) {
    if (bytes != 0) {
      all += bytes;
      byOwner.merge(owner, bytes, Long::sum);
    }
  }

  /** Bytes for all. */
  long all() {
    return all;
  }

  /** Begins to count anew. */
  void clear() {
    all = 0;
    byOwner.clear();
  }
}
