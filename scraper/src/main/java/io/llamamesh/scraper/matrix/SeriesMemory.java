package io.llamamesh.scraper.matrix;

import java.util.HashMap;
import java.util.Map;

/**
 * Accounting of the memory of histories, in total and by agent, so that an agent that makes up
 * pairs exhausts only its own share. Not thread-safe: {@link Matrix} owns it.
 */
final class SeriesMemory {
  /** One agent may hold the n-th part: of a thousand agents each needs a thousandth. */
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

  /** True if more memory may be allocated for that agent. */
  boolean hasRoom(String owner) {
    return all < most && byOwner.getOrDefault(owner, 0L) < most / SHARE_OF_ONE;
  }

  /** True if memory for all is nearly exhausted. */
  boolean isTight() {
    return all > most - most / 32;
  }

  /** True if histories of twice the length would fit. */
  boolean hasAmpleRoom() {
    return all < most / 3;
  }

  /** Adds bytes to an agent's total; may be negative. */
  void add(String owner, long bytes) {
    if (bytes != 0) {
      all += bytes;
      byOwner.merge(owner, bytes, Long::sum);
    }
  }

  /** Total bytes of all agents. */
  long all() {
    return all;
  }

  /** Resets all counts. */
  void clear() {
    all = 0;
    byOwner.clear();
  }
}
