package io.llamamesh.scraper.matrix;

import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Sums over all series by window, updated with every window, since adding up seven million cells on
 * demand would stall the pollers. Not thread-safe: {@link Matrix} owns it.
 */
final class WindowSums {
  private static final long MINUTE = 60;

  // At full resolution, however old: one agent's windows may come long after the others', and could
  // not be added to a folded minute.
  private final NavigableMap<Long, WindowSum> windows = new TreeMap<>();
  private long fineFrom = Long.MIN_VALUE;

  /** Puts a window of one series; {@code before} is the reading that it replaces. */
  void put(@Nullable Cell before, Cell cell) {
    WindowSum sum = windows.get(cell.end());
    if (sum == null) {
      windows.put(cell.end(), WindowSum.of(cell));
    } else {
      windows.put(
          cell.end(), before == null ? sum.plus(WindowSum.of(cell)) : sum.replacing(before, cell));
    }
  }

  /** Ages the sums, as {@link Series#age} does cells. */
  void age(long fineFrom, long keepFrom) {
    this.fineFrom = fineFrom;
    // Whole minutes only: half of one would look like probes that were not sent.
    windows.headMap((keepFrom - 1) / MINUTE * MINUTE, true).clear();
  }

  /** A copy of the sums, older ones by minute. */
  NavigableMap<Long, WindowSum> copy() {
    NavigableMap<Long, WindowSum> all = new TreeMap<>();
    // At the seam a minute and a window may have the same end.
    windows.forEach((end, sum) ->
        all.merge(end <= fineFrom ? Series.minuteEnd(end) : end, sum, WindowSum::append));
    return all;
  }
}
