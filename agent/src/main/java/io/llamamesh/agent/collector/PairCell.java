package io.llamamesh.agent.collector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** What one pair saw so far in one open window. */
final class PairCell {

  private static final int NO_WINDOW = -1;

  private static final int PATH = 4;
  private static final int SENT = 0;
  private static final int MEASURED = 1;
  private static final int LOST = 2;
  private static final int RTT_SUM = 3;
  private static final int TALLIES = Tally.all().size();

  private final int[] counts = new int[TALLIES];
  private final Samples samples = new Samples();

  /** Four numbers for each source port, side by side: what a probe changes is in one place. */
  private long[] paths;

  private double residence;
  private int residences;
  private int dscpForward = -1;
  private int dscpReturn = -1;
  private int windowId = NO_WINDOW;

  PairCell(int sourcePorts) {
    paths = new long[sourcePorts * PATH];
  }

  void open(int newWindowId, int sourcePorts) {
    windowId = newWindowId;
    grow(sourcePorts);
  }

  /** Makes room for further source ports; what was counted stays. */
  void grow(int sourcePorts) {
    if (paths.length < sourcePorts * PATH) {
      paths = Arrays.copyOf(paths, sourcePorts * PATH);
    }
  }

  boolean isOf(int id) {
    return windowId == id;
  }

  boolean isFree() {
    return windowId == NO_WINDOW;
  }

  void count(Outcome outcome) {
    counts[outcome.index()]++;
  }

  void count(Mark mark) {
    counts[mark.index()]++;
  }

  void countSent(int path) {
    counts[Attempt.SENT.index()]++;
    paths[path * PATH + SENT]++;
  }

  /** A probe that the kernel refused. */
  void countSendError() {
    counts[Attempt.SEND_ERROR.index()]++;
  }

  /** A probe that came due and was not sent. */
  void countSkipped() {
    counts[Attempt.SKIPPED.index()]++;
  }

  /** The RTT of a probe that was answered, where it is the network's. */
  void recordRtt(int path, long rttNanos) {
    paths[path * PATH + MEASURED]++;
    paths[path * PATH + RTT_SUM] += rttNanos;
    samples.add(rttNanos);
  }

  void countLost(int path) {
    counts[Outcome.LOST.index()]++;
    paths[path * PATH + LOST]++;
  }

  void recordResidence(long nanos) {
    residence += nanos;
    residences++;
  }

  /**
   * The DSCP that a reply told to have arrived with, or itself arrived with; −1 where unchanged.
   */
  void recordDscpRewrite(int forward, int back) {
    counts[Mark.DSCP_REWRITTEN.index()]++;
    dscpForward = forward < 0 ? dscpForward : forward;
    dscpReturn = back < 0 ? dscpReturn : back;
  }

  /**
   * The window's result; the cell is free afterwards.
   *
   * @param mtu of the path; 0 where probes fit as far as is known
   */
  PairResult close(Map<String, String> tags, double jitterNanos, int[] sourcePorts, int mtu) {
    List<PairResult.Path> used = new ArrayList<>(sourcePorts.length);
    for (int i = 0; i < sourcePorts.length; i++) {
      if (paths[i * PATH + SENT] > 0) {
        used.add(path(sourcePorts[i], i * PATH));
      }
    }
    PairResult result =
        new PairResult(
            tags,
            counts.clone(),
            samples.summary(jitterNanos),
            residences == 0 ? Double.NaN : residence / residences,
            used,
            PathFacts.of(mtu, dscpForward, dscpReturn));
    reset();
    return result;
  }

  private PairResult.Path path(int sourcePort, int at) {
    long measured = paths[at + MEASURED];
    return new PairResult.Path(
        sourcePort,
        (int) paths[at + SENT],
        (int) measured,
        (int) paths[at + LOST],
        measured == 0 ? Double.NaN : (double) paths[at + RTT_SUM] / measured);
  }

  private void reset() {
    windowId = NO_WINDOW;
    Arrays.fill(counts, 0);
    Arrays.fill(paths, 0);
    residence = 0;
    residences = 0;
    dscpForward = -1;
    dscpReturn = -1;
    samples.reset();
  }
}
