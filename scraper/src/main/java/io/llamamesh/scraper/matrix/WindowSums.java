package io.llamamesh.scraper.matrix;

import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What all series saw together, kept up to date with every window, since adding up seven million
 * cells whenever somebody looks would stop the readers. Not thread-safe: {@link Matrix} owns it.
 */
final class WindowSums {
  private static final long MINUTE = 60;

  // As they came, however old: one agent's windows may come long after the others', and what is
  // folded could not be told from them.
  private final NavigableMap<Long, WindowSum> windows = new TreeMap<>();
  private long fineFrom = Long.MIN_VALUE;

  /** A window of one series; {@code before} is the reading that it replaces. */
  void put(@Nullable Cell before, Cell cell) {
    WindowSum sum = windows.get(cell.end());
    if (sum == null) {
      windows.put(cell.end(), WindowSum.of(cell));
    } else {
      windows.put(
          cell.end(), before == null ? sum.plus(WindowSum.of(cell)) : sum.replacing(before, cell));
    }
  }

  /** As {@link Series#age}. */
  void age(long fineFrom, long keepFrom) {
    this.fineFrom = fineFrom;
    // Whole minutes: half of one would look like probes that were not sent.
    windows.headMap((keepFrom - 1) / MINUTE * MINUTE, true).clear();
  }

  /** The sums, older ones per minute. */
  NavigableMap<Long, WindowSum> copy() {
    NavigableMap<Long, WindowSum> all = new TreeMap<>();
    // At the seam a minute and a window may end together.
    windows.forEach((end, sum) ->
        all.merge(end <= fineFrom ? Series.minuteEnd(end) : end, sum, WindowSum::append));
    return all;
  }
}
