package io.llamamesh.scraper.matrix;

import java.util.Comparator;
import java.util.List;

/**
 * Series of an ordered pair in one traffic class and address family, over all groups.
 *
 * @param source name of the node that probed
 * @param destination name of the node or target that was probed
 * @param port the traffic class
 * @param family {@code IPv4} or {@code IPv6}
 * @param windows number of windows
 * @param cells a cell for each window, oldest first, at least one; or all windows pooled into one
 * @param paths cells of the source ports over the lossy windows among them; empty if none lost
 */
public record PairSeries(
    String source,
    String destination,
    String port,
    String family,
    int windows,
    List<Cell> cells,
    List<PathCell> paths)
    implements Comparable<PairSeries> {
  private static final Comparator<PairSeries> ORDER =
      Comparator.comparing(PairSeries::source)
          .thenComparing(PairSeries::destination)
          .thenComparing(PairSeries::port)
          .thenComparing(PairSeries::family);

  /** A series with a cell for each window. */
  public PairSeries(
      String source,
      String destination,
      String port,
      String family,
      List<Cell> cells,
      List<PathCell> paths) {
    this(source, destination, port, family, cells.size(), cells, paths);
  }

  /** The same pair and class with other windows, a cell for each. */
  PairSeries withWindows(List<Cell> others, List<PathCell> otherPaths) {
    return new PairSeries(source, destination, port, family, others, otherPaths);
  }

  /** The same pair and class with windows pooled into one cell, without source ports. */
  PairSeries withPooled(int number, Cell cell) {
    return new PairSeries(source, destination, port, family, number, List.of(cell), List.of());
  }

  @Override
  public int compareTo(PairSeries other) {
    return ORDER.compare(this, other);
  }

  /** The newest window. */
  public Cell last() {
    return cells.getLast();
  }

  /** All its windows pooled. */
  public Cell pooled() {
    return pooled(cells);
  }

  /** Its last {@code windows} windows pooled. */
  public Cell pooled(int windows) {
    return pooled(cells.subList(Math.max(0, cells.size() - windows), cells.size()));
  }

  private static Cell pooled(List<Cell> cells) {
    Cell sum = cells.getFirst();
    for (int i = 1; i < cells.size(); i++) {
      sum = sum.plus(cells.get(i));
    }
    return sum;
  }
}
