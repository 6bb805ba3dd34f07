package io.llamamesh.agent.collector;

import java.util.List;

/**
 * A window in which nothing changes any more.
 *
 * @param sequence 1, 2, 3, … in the order of publication
 * @param endNanos its end, nanoseconds since 1970
 */
public record ClosedWindow(long sequence, long endNanos, List<PairResult> pairs) {
  public ClosedWindow {
    pairs = List.copyOf(pairs);
  }
}
