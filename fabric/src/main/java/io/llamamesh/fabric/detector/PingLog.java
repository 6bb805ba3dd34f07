package io.llamamesh.fabric.detector;

import java.util.Arrays;

/**
 * The last pings that went one way to one peer: when they were sent, and from when their time is
 * counted, which is later if this process itself stood still meanwhile: by all of that time for
 * what a single ping is waited for, by less for how long a peer has been silent.
 */
final class PingLog {

  private static final int SIZE = 32;
  private static final long NEVER = Long.MIN_VALUE;

  private final long[] ids = new long[SIZE];
  private final long[] sent = new long[SIZE];
  private final long[] counted = new long[SIZE];
  private final long[] silentFrom = new long[SIZE];
  private int next;
  private long lastSent = NEVER;

  PingLog() {
    Arrays.fill(sent, NEVER);
  }

  void record(long id, long now) {
    ids[next] = id;
    sent[next] = now;
    counted[next] = now;
    silentFrom[next] = now;
    next = (next + 1) % SIZE;
    lastSent = now;
  }

  /** The time at which a ping was sent, or {@code Long.MIN_VALUE} if it is not of these. */
  long sentAt(long id) {
    for (int i = 0; i < SIZE; i++) {
      if (ids[i] == id && sent[i] != NEVER) {
        return sent[i];
      }
    }
    return NEVER;
  }

  /** True when nothing was sent for so long. */
  boolean isIdle(long now, long period) {
    return lastSent == NEVER || now - lastSent >= period;
  }

  /** Number of those sent after a moment that have waited longer than the timeout. */
  int missed(long after, long now, long timeout) {
    return missed(counted, after, now, timeout);
  }

  /** The same, with the time in which this process stood still. */
  int missedByTheClock(long after, long now, long timeout) {
    return missed(sent, after, now, timeout);
  }

  private int missed(long[] from, long after, long now, long timeout) {
    if (lastSent <= after) {
      return 0;
    }
    int missed = 0;
    for (int i = 0; i < SIZE; i++) {
      if (sent[i] > after && now - from[i] >= timeout) {
        missed++;
      }
    }
    return missed;
  }

  /** When the first of those sent after a moment was sent; {@code Long.MAX_VALUE} if none was. */
  long firstSentAfter(long after) {
    return first(sent, after);
  }

  /**
   * From when silence counts, by the first of those sent after a moment; {@code Long.MAX_VALUE} if
   * there is none.
   */
  long firstAfter(long after) {
    return first(silentFrom, after);
  }

  private long first(long[] times, long after) {
    long first = Long.MAX_VALUE;
    if (lastSent <= after) {
      return first;
    }
    for (int i = 0; i < SIZE; i++) {
      if (sent[i] > after) {
        first = Math.min(first, times[i]);
      }
    }
    return first;
  }

  /**
   * Does not count the time in which this process stood still.
   *
   * @param latest silence counts from this moment at the latest
   */
  void addStallTime(long lag, long latest) {
    for (int i = 0; i < SIZE; i++) {
      if (sent[i] != NEVER) {
        counted[i] += lag;
        silentFrom[i] = Math.max(silentFrom[i], Math.min(silentFrom[i] + lag, latest));
      }
    }
  }

  void clear() {
    Arrays.fill(sent, NEVER);
    lastSent = NEVER;
  }
}
