package io.llamamesh.scraper.matrix;

/**
 * Sum of cells that allocates none of them: an hour of a thousand nodes has seven million. The same
 * sums as {@link Cell#plus}. Not thread-safe.
 */
final class CellAccumulator {
  private int windows;
  private long end;
  private final long[] counts = new long[CellColumns.NUMBER_OF_COUNTS];
  private final long[] rare = new long[CellColumns.NUMBER_OF_RARE];
  private double weightP50;
  private double sumP50;
  private double worstP99 = Double.NaN;
  private double weightJitter;
  private double sumJitter;

  /** Adds a cell of columns. */
  void add(CellColumns columns, int index) {
    windows++;
    end = Math.max(end, columns.end(index));
    for (int which = 0; which < counts.length; which++) {
      counts[which] += columns.count(index, which);
    }
    for (int which = 0; which < rare.length; which++) {
      rare[which] += columns.rare(index, which);
    }
    long received = columns.count(index, CellColumns.RECEIVED);
    double p50 = columns.rttP50(index);
    if (!Double.isNaN(p50)) {
      weightP50 += received;
      sumP50 += p50 * received;
    }
    double p99 = columns.rttP99(index);
    if (!Double.isNaN(p99)) {
      worstP99 = Double.isNaN(worstP99) ? p99 : Math.max(worstP99, p99);
    }
    double jitter = columns.jitter(index);
    if (!Double.isNaN(jitter)) {
      weightJitter += received;
      sumJitter += jitter * received;
    }
  }

  /** Number of cells added. */
  int windows() {
    return windows;
  }

  /** Their sum. */
  Cell cell() {
    return new Cell(
        end,
        counts[CellColumns.SENT],
        counts[CellColumns.RECEIVED],
        counts[CellColumns.LOST],
        counts[CellColumns.REFUSED],
        counts[CellColumns.FORWARD],
        counts[CellColumns.RETURN],
        weightP50 == 0 ? Double.NaN : sumP50 / weightP50,
        worstP99,
        weightJitter == 0 ? Double.NaN : sumJitter / weightJitter,
        counts[CellColumns.SENT] + rare[CellColumns.UNSENT],
        rare[CellColumns.SKIPPED],
        rare[CellColumns.STALLED],
        rare[CellColumns.SUPPRESSED]);
  }
}
