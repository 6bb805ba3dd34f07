package io.llamamesh.scraper.matrix;

import io.llamamesh.results.Point;
import io.llamamesh.results.Point.Fields;

/**
 * Counts and RTTs of one series in one window, or in several windows pooled.
 *
 * <p>RTTs are in milliseconds and {@code NaN} where nothing returned. Percentiles of several
 * windows do not merge: then {@code rttP50} is the mean of the windows' medians, weighted by what
 * returned, {@code rttP99} the worst window's, and {@code jitter} the weighted mean. Cells held in
 * memory keep three digits of an RTT.
 *
 * @param end end of the (last) window, seconds since the epoch
 * @param sent probes sent
 * @param received probes that returned in time
 * @param lost probes that count as lost
 * @param refused probes that the peer's host refused, which are not loss
 * @param forwardLost of the lost, those known to be lost on the forward path: by later replies, or
 *     by the counts of the reflector's agent
 * @param returnLost of the lost, those known to be lost on the return path
 * @param rttP50 median
 * @param rttP99 99th percentile
 * @param jitter RFC 3550's jitter
 * @param due probes that were due: sent, skipped, or refused by this host's kernel
 * @param skipped of the due, those not sent, since the agent did not run
 * @param stalled of the received, those without an RTT, since one end of the pair was stalled
 * @param suppressed of the sent, those that a draining peer did not answer
 */
public record Cell(
    long end,
    long sent,
    long received,
    long lost,
    long refused,
    long forwardLost,
    long returnLost,
    double rttP50,
    double rttP99,
    double jitter,
    long due,
    long skipped,
    long stalled,
    long suppressed) {

  /** More probes than a Python collector sends in one run, as it opens a socket for each. */
  private static final int MAX_GUESS = 10_000;

  /** A cell whose due probes were all sent, none of them stalled or suppressed. */
  public Cell(
      long end,
      long sent,
      long received,
      long lost,
      long refused,
      long forwardLost,
      long returnLost,
      double rttP50,
      double rttP99,
      double jitter) {
    this(
        end,
        sent,
        received,
        lost,
        refused,
        forwardLost,
        returnLost,
        rttP50,
        rttP99,
        jitter,
        sent,
        0,
        0,
        0);
  }

  static Cell of(Point point) {
    double loss = point.number(Fields.LOSS, Double.NaN);
    if (!Double.isNaN(loss) && Double.isNaN(point.number(Fields.SENT, Double.NaN))) {
      return ofPercent(point, loss);
    }
    long sent = count(point, Fields.SENT, 0);
    long lost = count(point, Fields.LOST, 0);
    // Go LLAMA publishes sent, lost and the mean alone.
    double mean = point.number(Fields.RTT, Double.NaN);
    boolean allLost = sent > 0 && lost >= sent;
    double typical = allLost ? Double.NaN : mean;
    long skipped = count(point, Fields.SKIPPED, 0);
    long tried = sent + skipped + count(point, Fields.SEND_ERROR, 0);
    return new Cell(
        point.time().getEpochSecond(),
        sent,
        count(point, Fields.RECEIVED, Math.max(0, sent - lost)),
        lost,
        count(point, Fields.REFUSED, 0),
        count(point, Fields.FORWARD_LOST, 0),
        count(point, Fields.RETURN_LOST, 0),
        point.number(Fields.RTT_P50, typical),
        point.number(Fields.RTT_P99, typical),
        point.number(Fields.JITTER, Double.NaN),
        Math.max(tried, count(point, Fields.DUE, 0)),
        skipped,
        count(point, Fields.STALLED, 0),
        count(point, Fields.SUPPRESSED, 0));
  }

  /** Probes that the kernel here refused to send. */
  public long sendErrors() {
    return Math.max(0, due - sent - skipped);
  }

  /** Loss in percent of the probes that count; {@code NaN} without any. */
  public double lossPercent() {
    long counted = received + lost;
    return counted == 0 ? Double.NaN : 100.0 * lost / counted;
  }

  /** The sum of both cells, at the later end. */
  Cell plus(Cell other) {
    return new Cell(
        Math.max(end, other.end),
        sent + other.sent,
        received + other.received,
        lost + other.lost,
        refused + other.refused,
        forwardLost + other.forwardLost,
        returnLost + other.returnLost,
        weighted(rttP50, received, other.rttP50, other.received),
        worse(rttP99, other.rttP99),
        weighted(jitter, received, other.jitter, other.received),
        due + other.due,
        skipped + other.skipped,
        stalled + other.stalled,
        suppressed + other.suppressed);
  }

  Cell withEnd(long newEnd) {
    return new Cell(
        newEnd,
        sent,
        received,
        lost,
        refused,
        forwardLost,
        returnLost,
        rttP50,
        rttP99,
        jitter,
        due,
        skipped,
        stalled,
        suppressed);
  }

  /** The same cell with other directions of its losses. */
  Cell withDirections(long forward, long back) {
    return new Cell(
        end,
        sent,
        received,
        lost,
        refused,
        forward,
        back,
        rttP50,
        rttP99,
        jitter,
        due,
        skipped,
        stalled,
        suppressed);
  }

  /** This reading of a window, with the directions that were found for an earlier reading. */
  Cell keepingDirectionsOf(Cell before) {
    boolean same = sent == before.sent && received == before.received && lost == before.lost;
    return same && forwardLost + returnLost < before.forwardLost + before.returnLost
        ? withDirections(before.forwardLost, before.returnLost)
        : this;
  }

  private static double weighted(double a, long weightA, double b, long weightB) {
    if (Double.isNaN(a) || weightA == 0) {
      return Double.isNaN(b) ? a : b;
    }
    if (Double.isNaN(b) || weightB == 0) {
      return a;
    }
    return (a * weightA + b * weightB) / (weightA + weightB);
  }

  private static double worse(double a, double b) {
    if (Double.isNaN(a)) {
      return b;
    }
    return Double.isNaN(b) ? a : Math.max(a, b);
  }

  /**
   * The Python LLAMA publishes loss in percent and the mean alone: it sent no fewer probes than the
   * smallest number of which some make that percentage.
   */
  private static Cell ofPercent(Point point, double loss) {
    double share = Math.clamp(loss, 0, 100) / 100;
    long sent = 1;
    while (sent < MAX_GUESS && Math.abs(Math.rint(share * sent) / sent - share) > 1e-9) {
      sent++;
    }
    long lost = Math.round(share * sent);
    double mean = lost == sent ? Double.NaN : point.number(Fields.RTT, Double.NaN);
    return new Cell(
        point.time().getEpochSecond(), sent, sent - lost, lost, 0, 0, 0, mean, mean, Double.NaN);
  }

  private static long count(Point point, String name, long absent) {
    return Math.max(0, Math.round(point.number(name, (double) absent)));
  }
}
