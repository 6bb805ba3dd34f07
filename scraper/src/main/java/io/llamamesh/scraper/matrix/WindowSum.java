package io.llamamesh.scraper.matrix;

/**
 * One window over all series.
 *
 * @param series how many reported it
 * @param sent probes sent
 * @param received probes that returned
 * @param lost probes lost
 */
public record WindowSum(int series, long sent, long received, long lost) {
  WindowSum plus(WindowSum other) {
    return new WindowSum(
        series + other.series, sent + other.sent, received + other.received, lost + other.lost);
  }
}
