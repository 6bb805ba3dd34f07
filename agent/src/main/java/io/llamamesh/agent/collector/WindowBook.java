package io.llamamesh.agent.collector;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
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
   * @param reflected what our own reflector sent back meanwhile
   */
  record Window(int id, long endRealtime, long leftAt, List<ClosedWindow.Reflected> reflected) {}

  private final Deque<Window> waiting = new ArrayDeque<>();
  private final Supplier<List<ClosedWindow.Reflected>> reflected;
  private int id;
  private long start;
  private long end;
  private long length;

  /**
   * A book without a window.
   *
   * @param reflected tells what was reflected since the last call
   */
  WindowBook(Supplier<List<ClosedWindow.Reflected>> reflected) {
    this.reflected = reflected;
  }

  /**
   * Looks at the clock; every later probe belongs to the window that is present then. Where the
   * interval has changed, the present window goes on to the next boundary of the new one: closed at
   * once it would carry an end that is yet to come, or one that another window has.
   */
  void advance(long now, long realtime, long interval) {
    long boundary = (Math.floorDiv(realtime, interval) + 1) * interval;
    if (length > 0 && realtime >= start && realtime < end) {
      if (interval != length) {
        end = boundary;
        length = interval;
      }
      return;
    }
    leave(now);
    id++;
    start = boundary - interval;
    end = boundary;
    length = interval;
  }

  /** Ends the present window at once. */
  void leave(long now) {
    if (length > 0) {
      waiting.addLast(new Window(id, end, now, reflected.get()));
      length = 0;
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
