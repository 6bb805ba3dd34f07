package io.llamamesh.scraper.matrix;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The history of one series: windows at full resolution for a while, then one cell a minute. Not
 * thread-safe: {@link Matrix} owns it.
 */
final class Series {
  private static final long MINUTE = 60;

  /** Objects, array headers, map entries. */
  private static final int OWN_BYTES = 400;

  private static final int PATH_BYTES = 20;

  private final SeriesKey key;
  private final String owner;
  private final CellColumns windows = new CellColumns(1);
  private final CellColumns minutes = new CellColumns((int) MINUTE);
  private final PathColumns paths = new PathColumns();
  private long foldedUpTo = Long.MIN_VALUE;
  private long spacing;

  /**
   * @param owner the agent that was read when it was created, to whose share of memory it counts
   */
  Series(SeriesKey key, String owner) {
    this.key = key;
    this.owner = owner;
  }

  String owner() {
    return owner;
  }

  /** Size in memory, bytes. */
  int bytes() {
    return OWN_BYTES
        + key.textLength()
        + windows.bytes()
        + minutes.bytes()
        + paths.capacity() * PATH_BYTES;
  }

  /** End of the minute into which a window with that end is folded. */
  static long minuteEnd(long end) {
    return (end + MINUTE - 1) / MINUTE * MINUTE;
  }

  SeriesKey key() {
    return key;
  }

  /** End of the newest window; {@code Long.MIN_VALUE} before the first. */
  long newest() {
    return windows.size() == 0 ? foldedUpTo : windows.end(windows.size() - 1);
  }

  /** Seconds between the last two windows; 0 while unknown. */
  long spacing() {
    return spacing;
  }

  /**
   * Puts a window, which replaces an earlier reading of itself.
   *
   * @return false if that window is already folded into a minute's cell
   */
  boolean put(Cell cell) {
    if (cell.end() <= foldedUpTo) {
      return false;
    }
    if (windows.size() > 0 && cell.end() > newest()) {
      spacing = cell.end() - newest();
    }
    return windows.put(cell);
  }

  /** The window with that end; null if it is not held at full resolution. */
  @Nullable Cell window(long end) {
    int index = windows.firstAtOrAfter(end);
    return index < windows.size() && windows.end(index) == end ? windows.get(index) : null;
  }

  /** Adds to the counts of a window's lost probes whose direction is known. */
  void addDirections(long end, long forward, long back) {
    Cell cell = window(end);
    if (cell != null && forward + back > 0) {
      windows.put(cell.withDirections(cell.forwardLost() + forward, cell.returnLost() + back));
    }
  }

  /**
   * Puts the cell of a source port.
   *
   * @param mostWindows number of the last windows whose source ports are held
   * @param mayGrow true if it may allocate memory
   * @return number of source ports of windows left out or dropped, this one included
   */
  int putPath(long end, PathCell cell, int mostWindows, boolean mayGrow) {
    if (end <= foldedUpTo) {
      return 0;
    }
    int dropped = 0;
    if (spacing > 0 && mostWindows < Integer.MAX_VALUE) {
      long from = Math.max(end, newest()) - mostWindows * spacing + 1;
      dropped = paths.dropBefore(from);
      if (end < from) {
        return dropped + 1;
      }
    }
    if (!mayGrow && paths.isFull()) {
      return dropped + 1;
    }
    paths.put(end, cell);
    return dropped;
  }

  /** Source ports of windows for which memory is allocated. */
  int pathCapacity() {
    return paths.capacity();
  }

  /** Folds windows that ended at or before {@code fineFrom} into minutes, drops the oldest. */
  void age(long fineFrom, long keepFrom) {
    int fold = 0;
    while (fold < windows.size() && windows.end(fold) <= fineFrom) {
      Cell cell = windows.get(fold++);
      foldedUpTo = cell.end();
      long minuteEnd = minuteEnd(cell.end());
      int last = minutes.size() - 1;
      Cell minute = cell.withEnd(minuteEnd);
      minutes.put(
          last >= 0 && minutes.end(last) == minuteEnd ? minutes.get(last).plus(minute) : minute);
    }
    windows.dropFirst(fold);
    minutes.dropFirst(minutes.firstAtOrAfter(keepFrom));
    paths.dropBefore(fineFrom);
  }

  boolean isEmpty() {
    return windows.size() == 0 && minutes.size() == 0;
  }

  /** The last {@code most} cells that ended in {@code (after, upTo]}, oldest first. */
  List<Cell> cells(long after, long upTo, int most) {
    List<Cell> cells = new ArrayList<>();
    collect(minutes, after, upTo, cells);
    collect(windows, after, upTo, cells);
    return cells.size() <= most ? cells : cells.subList(cells.size() - most, cells.size());
  }

  /** The sum of the same cells; empty if there are none. */
  CellAccumulator pooled(long after, long upTo, int most) {
    int firstMinute = minutes.firstAtOrAfter(after + 1);
    int lastMinute = minutes.firstAtOrAfter(upTo + 1);
    int firstWindow = windows.firstAtOrAfter(after + 1);
    int lastWindow = windows.firstAtOrAfter(upTo + 1);
    int skipped = Math.max(0, lastMinute - firstMinute + lastWindow - firstWindow - most);
    CellAccumulator sum = new CellAccumulator();
    for (int i = firstMinute + skipped; i < lastMinute; i++) {
      sum.add(minutes, i);
    }
    skipped = Math.max(0, skipped - (lastMinute - firstMinute));
    for (int i = firstWindow + skipped; i < lastWindow; i++) {
      sum.add(windows, i);
    }
    return sum;
  }

  /** Cells of the source ports, pooled over lossy windows that end in {@code [from, upTo]}. */
  List<PathCell> pooledPaths(long from, long upTo) {
    if (paths.isEmpty()) {
      return List.of();
    }
    NavigableMap<Integer, PathCell> pooled = new TreeMap<>();
    paths.pool(from, upTo, pooled);
    return List.copyOf(pooled.values());
  }

  void pathWindows(long from, long upTo, Map<Long, NavigableMap<Integer, PathCell>> into) {
    paths.windows(from, upTo, into);
  }

  private static void collect(CellColumns columns, long after, long upTo, List<Cell> into) {
    for (int i = columns.firstAtOrAfter(after + 1); i < columns.size(); i++) {
      if (columns.end(i) > upTo) {
        return;
      }
      into.add(columns.get(i));
    }
  }
}
