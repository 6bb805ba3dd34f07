package io.llamamesh.scraper.matrix;

/**
 * Counts and RTT of one source port of a series in one window, or in several pooled.
 *
 * @param sourcePort UDP source port, which picks the ECMP path
 * @param sent probes sent
 * @param lost probes that count as lost
 * @param rtt mean RTT in milliseconds; {@code NaN} if none returned
 */
public record PathCell(int sourcePort, long sent, long lost, double rtt) {

  /** Loss in percent; {@code NaN} if none was sent. */
  public double lossPercent() {
    return sent == 0 ? Double.NaN : 100.0 * Math.min(lost, sent) / sent;
  }

  PathCell plus(PathCell other) {
    long returnedHere = Math.max(0, sent - lost);
    long returnedThere = Math.max(0, other.sent - other.lost);
    double mean;
    if (Double.isNaN(rtt) || returnedHere == 0) {
      mean = Double.isNaN(other.rtt) ? rtt : other.rtt;
    } else if (Double.isNaN(other.rtt) || returnedThere == 0) {
      mean = rtt;
    } else {
      mean = (rtt * returnedHere + other.rtt * returnedThere) / (returnedHere + returnedThere);
    }
    return new PathCell(sourcePort, sent + other.sent, lost + other.lost, mean);
  }
}
