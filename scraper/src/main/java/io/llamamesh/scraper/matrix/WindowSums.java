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

  private final NavigableMap<Long, WindowSum> windows = new TreeMap<>();
  private final NavigableMap<Long, WindowSum> minutes = new TreeMap<>();

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
    NavigableMap<Long, WindowSum> old = windows.headMap(fineFrom, true);
    old.forEach(
        (end, sum) -> minutes.merge((end + MINUTE - 1) / MINUTE * MINUTE, sum, WindowSum::then));
    old.clear();
    minutes.headMap(keepFrom, false).clear();
  }

  NavigableMap<Long, WindowSum> copy() {
    NavigableMap<Long, WindowSum> all = new TreeMap<>(minutes);
    // At the seam a minute and a window may end together.
    windows.forEach((end, sum) -> all.merge(end, sum, WindowSum::then));
    return all;
  }
}
