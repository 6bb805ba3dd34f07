package io.llamamesh.scraper.matrix;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Query for the cells of each series that a view shows.
 *
 * @param after exclusive lower bound of a cell's end, epoch seconds
 * @param upTo inclusive upper bound of a cell's end, epoch seconds
 * @param limit number of cells at most, the last ones
 */
record CellQuery(long after, long upTo, int limit) {
  /** The query of a selection. */
  static CellQuery of(WindowSelection selection, long interval, long upTo) {
    return selection.since() == null
        // Two windows of slack, since agents are read one after the other.
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
    return a.withPooled(Math.max(a.windows(), b.windows()), a.pooled().plus(b.pooled()));
  }

  /** Merges a pair and class that two groups probe: a view shows one pair. */
  private static PairSeries merge(PairSeries a, PairSeries b) {
    NavigableMap<Long, Cell> cells = new TreeMap<>();
    a.cells().forEach(cell -> cells.merge(cell.end(), cell, Cell::plus));
    b.cells().forEach(cell -> cells.merge(cell.end(), cell, Cell::plus));
    NavigableMap<Integer, PathCell> paths = new TreeMap<>();
    a.paths().forEach(path -> paths.merge(path.sourcePort(), path, PathCell::plus));
    b.paths().forEach(path -> paths.merge(path.sourcePort(), path, PathCell::plus));
    return a.withWindows(List.copyOf(cells.values()), List.copyOf(paths.values()));
  }
}
