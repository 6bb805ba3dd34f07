package io.llamamesh.scraper.matrix;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Which cells of each series a view shows.
 *
 * @param after only cells that end after that, epoch seconds
 * @param upTo and at or before that
 * @param limit of them the last so many
 */
record CellQuery(long after, long upTo, int limit) {
  /** As selected. */
  static CellQuery of(WindowSelection selection, long interval, long upTo) {
    return selection.since() == null
        // Two windows of slack: agents are read one after the other.
        ? new CellQuery(upTo - (selection.windows() + 2L) * interval, upTo, selection.windows())
        : new CellQuery(selection.since().getEpochSecond(), upTo, Integer.MAX_VALUE);
  }

  /** Pairs with a cell for each window, in no order. */
  List<PairSeries> pairsWithWindows(Collection<Series> all) {
    Map<SeriesKey, PairSeries> pairs = HashMap.newHashMap(all.size());
    for (Series one : all) {
      List<Cell> cells = one.cells(after, upTo, limit);
      if (cells.isEmpty()) {
        continue;
      }
      SeriesKey key = one.key();
      PairSeries pair =
          new PairSeries(
              key.source(),
              key.destination(),
              key.port(),
              key.family(),
              cells,
              one.pooledPaths(cells.getFirst().end(), upTo));
      pairs.merge(key.withoutGroup(), pair, CellQuery::merge);
    }
    return new ArrayList<>(pairs.values());
  }

  /** Pairs with one cell for all windows and without source ports, in no order. */
  List<PairSeries> pooledPairs(Collection<Series> all) {
    Map<SeriesKey, PairSeries> pairs = HashMap.newHashMap(all.size());
    for (Series one : all) {
      CellAccumulator sum = one.pooled(after, upTo, limit);
      if (sum.windows() > 0) {
        SeriesKey key = one.key();
        pairs.merge(
            key.withoutGroup(),
            new PairSeries(
                key.source(),
                key.destination(),
                key.port(),
                key.family(),
                sum.windows(),
                List.of(sum.cell()),
                List.of()),
            CellQuery::mergePooled);
      }
    }
    return new ArrayList<>(pairs.values());
  }

  private static PairSeries mergePooled(PairSeries a, PairSeries b) {
    return new PairSeries(
        a.source(),
        a.destination(),
        a.port(),
        a.family(),
        Math.max(a.windows(), b.windows()),
        List.of(a.pooled().plus(b.pooled())),
        List.of());
  }

  /** The same pair and class probed by two groups: one pair to who looks at it. */
  private static PairSeries merge(PairSeries a, PairSeries b) {
    NavigableMap<Long, Cell> cells = new TreeMap<>();
    a.cells().forEach(cell -> cells.merge(cell.end(), cell, Cell::plus));
    b.cells().forEach(cell -> cells.merge(cell.end(), cell, Cell::plus));
    NavigableMap<Integer, PathCell> paths = new TreeMap<>();
    a.paths().forEach(path -> paths.merge(path.sourcePort(), path, PathCell::plus));
    b.paths().forEach(path -> paths.merge(path.sourcePort(), path, PathCell::plus));
    return new PairSeries(
        a.source(),
        a.destination(),
        a.port(),
        a.family(),
        List.copyOf(cells.values()),
        List.copyOf(paths.values()));
  }
}
