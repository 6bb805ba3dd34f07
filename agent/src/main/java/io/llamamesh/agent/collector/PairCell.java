package io.llamamesh.agent.collector;

import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import io.llamamesh.agent.window.PathFacts;
import io.llamamesh.agent.window.Tally;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Counts of one pair in one open window. */
public final class PairCell {

  private static final int NO_WINDOW = -1;

  private static final int PATH = 4;
  private static final int SENT = 0;
  private static final int MEASURED = 1;
  private static final int LOST = 2;
  private static final int RTT_SUM = 3;
  private static final int TALLIES = Tally.all().size();

  private final int[] counts = new int[TALLIES];
  private final RttSamples samples = new RttSamples();

  /** Four numbers for each source port, side by side, so that a probe touches one cache line. */
  private long[] paths;

  private double residence;
  private int residences;
  private int dscpForward = -1;
  private int dscpReturn = -1;
  private int windowId = NO_WINDOW;

  /** A free cell with room for that many source ports. */
  public PairCell(int sourcePorts) {
    paths = new long[sourcePorts * PATH];
  }

  /** Begins a window. */
  public void open(int newWindowId, int sourcePorts) {
    windowId = newWindowId;
    grow(sourcePorts);
  }

  /** Makes room for further source ports; counts stay. */
  void grow(int sourcePorts) {
    if (paths.length < sourcePorts * PATH) {
      paths = Arrays.copyOf(paths, sourcePorts * PATH);
    }
  }

  /** Returns whether it counts that window now. */
  public boolean isOf(int id) {
    return windowId == id;
  }

  /** Returns whether it counts no window now. */
  public boolean isFree() {
    return windowId == NO_WINDOW;
  }

  /** Counts an outcome other than a loss. */
  public void count(Outcome outcome) {
    counts[outcome.index()]++;
  }

  /** Counts a mark. */
  public void count(Mark mark) {
    counts[mark.index()]++;
  }

  /** Counts a probe that was sent. */
  public void countSent(int path) {
    counts[Attempt.SENT.index()]++;
    paths[path * PATH + SENT]++;
  }

  /** Counts a probe that the kernel refused. */
  public void countSendError() {
    counts[Attempt.SEND_ERROR.index()]++;
  }

  /** Counts a probe that came due and was not sent. */
  public void countSkipped() {
    counts[Attempt.SKIPPED.index()]++;
  }

  /** Records the RTT of an answered probe, where it is the network's. */
  public void recordRtt(int path, long rttNanos) {
    paths[path * PATH + MEASURED]++;
    paths[path * PATH + RTT_SUM] += rttNanos;
    samples.add(rttNanos);
  }

  /** Counts a probe that was lost. */
  public void countLost(int path) {
    counts[Outcome.LOST.index()]++;
    paths[path * PATH + LOST]++;
  }

  void recordResidence(long nanos) {
    residence += nanos;
    residences++;
  }

  /**
   * Counts a rewritten DSCP: that of the probe on arrival at the reflector, and that of the reply
   * here; −1 where unchanged.
   */
  void recordDscpRewrite(int forward, int back) {
    counts[Mark.DSCP_REWRITTEN.index()]++;
    dscpForward = forward < 0 ? dscpForward : forward;
    dscpReturn = back < 0 ? dscpReturn : back;
  }

  /**
   * Closes the window; the cell is free afterwards.
   *
   * @param sourcePorts those that get an entry of their own
   * @param mtu of the path; 0 where probes fit as far as is known
   */
  public PairResult close(
      Map<String, String> tags, double jitterNanos, int[] sourcePorts, int mtu) {
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
