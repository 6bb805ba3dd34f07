package io.llamamesh.agent.collector;

import io.llamamesh.agent.window.ClosedWindow;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The present window, and those that wait until their last probes are settled. Windows are named by
 * their end on the wall clock, but no end is used twice: readers keep points by their time, so a
 * second window with the same end would overwrite the first.
 */
final class WindowBook {

  /**
   * Time after its timeout in which a probe's answer still counts as an answer, though too late.
   */
  static final long GRACE_NANOS = 2_000_000_000L;

  private static final long SECOND = 1_000_000_000L;
  private static final long MILLI = 1_000_000L;

  /**
   * A window.
   *
   * @param id counts windows of this process
   * @param endRealtime its end by the wall clock: a multiple of the interval but after a step back,
   *     and unlike that of every other window
   * @param endedAt when it ceased to be the present one, monotonic
   * @param reflected probes that our own reflector sent back meanwhile, per sender
   */
  record Window(int id, long endRealtime, long endedAt, List<ClosedWindow.Reflected> reflected) {}

  private final Deque<Window> waiting = new ArrayDeque<>();
  private final Supplier<List<ClosedWindow.Reflected>> reflected;
  private int id;
  private long start;
  private long end;
  private long length;

  /** Latest time to end the present window, monotonic. */
  private long latest;

  /** Latest end of all windows so far, and end of the last one without its milliseconds. */
  private long latestEnd = Long.MIN_VALUE;

  private long lastEnd = Long.MIN_VALUE;

  /** Number of times that the wall clock went back before ends that were used already. */
  private long turns;

  /**
   * A book without a window.
   *
   * @param reflected supplies what was reflected since the last call
   */
  WindowBook(Supplier<List<ClosedWindow.Reflected>> reflected) {
    this.reflected = reflected;
  }

  /** Records the end of a window of an earlier life that is still retained. */
  void recordEarlierEnd(long end) {
    latestEnd = Math.max(latestEnd, end);
    lastEnd = latestEnd;
    turns = Math.max(turns, end % SECOND / MILLI);
  }

  /**
   * Advances to the window of this time, to which every later probe belongs. Where the interval has
   * changed, the present window goes on to the next boundary of the new one: closed at once it
   * would carry an end that is yet to come, or one that another window has. Where the wall clock
   * was stepped back by less than a window, the present one goes on until the clock has come round
   * again; where by more, it ends and the next is named by the new time.
   */
  void advance(long now, long realtime, long interval) {
    long boundary = (Math.floorDiv(realtime, interval) + 1) * interval;
    boolean notYetOver = realtime < end && realtime >= start - length;
    if (length > 0 && notYetOver && now - latest < 0) {
      if (interval != length && realtime >= start) {
        end = boundary;
        length = interval;
        latest = now + 2 * interval;
      }
      return;
    }
    endCurrent(now);
    id++;
    start = boundary - interval;
    end = boundary;
    length = interval;
    latest = now + 2 * interval;
  }

  private void endCurrent(long now) {
    if (length > 0) {
      waiting.addLast(new Window(id, uniqueEnd(end), now, reflected.get()));
      length = 0;
    }
  }

  /**
   * Ends the present window early. Its end is the present second and not one to come: the next life
   * will have a window that ends then.
   */
  void endEarly(long now, long realtime) {
    end = Math.min(end, Math.max(realtime - realtime % SECOND, start + SECOND));
    endCurrent(now);
  }

  /** A unique end: where the clock was stepped back, some milliseconds later than wanted. */
  private long uniqueEnd(long wanted) {
    if (wanted > latestEnd) {
      latestEnd = wanted;
      lastEnd = wanted;
      return wanted;
    }
    if (wanted <= lastEnd) {
      turns++;
    }
    lastEnd = wanted;
    return wanted + turns * MILLI;
  }

  /** Id of the present window. */
  int currentId() {
    return id;
  }

  /** Returns whether there is a window whose probes are all settled. */
  boolean hasSettled(long now, long longestTimeout) {
    Window first = waiting.peekFirst();
    return first != null && now - first.endedAt() >= longestTimeout + GRACE_NANOS;
  }

  /** Removes the next window whose probes are all settled; null when there is none yet. */
  @Nullable Window pollSettled(long now, long longestTimeout) {
    return hasSettled(now, longestTimeout) ? waiting.removeFirst() : null;
  }
}
