package io.llamamesh.agent.collector;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Which window is now, and which wait for the answers to their last probes. Windows are named by
 * the wall clock but begin and end by the monotonic one, so that a stepped clock makes a window
 * shorter and never longer.
 */
final class WindowBook {

  /** How long after its timeout an answer may still come to be told from a loss. */
  static final long GRACE_NANOS = 2_000_000_000L;

  /**
   * A window.
   *
   * @param id counts windows of this process
   * @param endRealtime its end by the wall clock, a multiple of the interval
   * @param leftAt when it ceased to be the present one, monotonic
   */
  record Window(int id, long endRealtime, long leftAt) {}

  private final Deque<Window> waiting = new ArrayDeque<>();
  private int id;
  private long start = Long.MIN_VALUE;
  private long length;

  /** Looks at the clock; every later probe belongs to the window that is present then. */
  void advance(long now, long realtime, long interval) {
    long startNow = Math.floorDiv(realtime, interval) * interval;
    if (startNow == start && interval == length) {
      return;
    }
    leave(now);
    id++;
    start = startNow;
    length = interval;
  }

  /** Ends the present window at once. */
  void leave(long now) {
    if (length > 0) {
      waiting.addLast(new Window(id, start + length, now));
      length = 0;
      start = Long.MIN_VALUE;
    }
  }

  /** Number of the present window. */
  int present() {
    return id;
  }

  /** The next window in which nothing can change any more; null when there is none yet. */
  @Nullable Window settled(long now, long longestTimeout) {
    Window first = waiting.peekFirst();
    if (first == null || now - first.leftAt() < longestTimeout + GRACE_NANOS) {
      return null;
    }
    return waiting.removeFirst();
  }
}
