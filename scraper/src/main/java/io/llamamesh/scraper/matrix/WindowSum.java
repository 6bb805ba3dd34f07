package io.llamamesh.scraper.matrix;

/**
 * Sum of one window over all series.
 *
 * @param series number of series that reported it
 * @param sent probes sent
 * @param received probes that returned
 * @param lost probes lost
 */
public record WindowSum(int series, long sent, long received, long lost) {
  static WindowSum of(Cell cell) {
    return new WindowSum(1, cell.sent(), cell.received(), cell.lost());
  }

  /** The sum after a cell of the same window was replaced by another reading. */
  WindowSum replacing(Cell before, Cell after) {
    return new WindowSum(
        series,
        sent + after.sent() - before.sent(),
        received + after.received() - before.received(),
        lost + after.lost() - before.lost());
  }

  /** The sum with the next window of the same minute, which has the same series. */
  WindowSum append(WindowSum next) {
    return new WindowSum(
        Math.max(series, next.series),
        sent + next.sent,
        received + next.received,
        lost + next.lost);
  }

  WindowSum plus(WindowSum other) {
    return new WindowSum(
        series + other.series, sent + other.sent, received + other.received, lost + other.lost);
  }
}
