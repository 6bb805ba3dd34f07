package io.llamamesh.agent.collector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** What one pair saw so far in one open window. */
final class PairCell {

  private static final int NO_WINDOW = -1;
  private static final int TALLIES = Tally.all().size();

  private final int[] counts = new int[TALLIES];
  private final Samples samples = new Samples();
  private int[] pathSent;
  private int[] pathReceived;
  private int[] pathLost;
  private double[] pathRtt;
  private double residence;
  private int residences;
  private int dscpForward = -1;
  private int dscpReturn = -1;
  private int windowId = NO_WINDOW;

  PairCell(int paths) {
    pathSent = new int[paths];
    pathReceived = new int[paths];
    pathLost = new int[paths];
    pathRtt = new double[paths];
  }

  void open(int newWindowId, int paths) {
    windowId = newWindowId;
    grow(paths);
  }

  /** Makes room for further source ports; what was counted stays. */
  void grow(int paths) {
    if (pathSent.length < paths) {
      pathSent = Arrays.copyOf(pathSent, paths);
      pathReceived = Arrays.copyOf(pathReceived, paths);
      pathLost = Arrays.copyOf(pathLost, paths);
      pathRtt = Arrays.copyOf(pathRtt, paths);
    }
  }

  boolean holds(int id) {
    return windowId == id;
  }

  boolean free() {
    return windowId == NO_WINDOW;
  }

  void count(Outcome outcome) {
    counts[outcome.index()]++;
  }

  void count(Mark mark) {
    counts[mark.index()]++;
  }

  void sent(int path) {
    counts[Attempt.SENT.index()]++;
    pathSent[path]++;
  }

  /** A probe that the kernel refused. */
  void sendError() {
    counts[Attempt.SEND_ERROR.index()]++;
  }

  /** A probe that was answered, with its RTT, or a negative one where that is not known. */
  void received(int path, long rttNanos) {
    counts[Outcome.RECEIVED.index()]++;
    if (rttNanos >= 0) {
      pathReceived[path]++;
      pathRtt[path] += rttNanos;
      samples.add(rttNanos);
    }
  }

  void lost(int path) {
    counts[Outcome.LOST.index()]++;
    pathLost[path]++;
  }

  void residence(long nanos) {
    residence += nanos;
    residences++;
  }

  /**
   * The DSCP that a reply told to have arrived with, or itself arrived with; −1 where unchanged.
   */
  void rewritten(int forward, int back) {
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
    List<PairResult.Path> paths = new ArrayList<>(sourcePorts.length);
    for (int i = 0; i < sourcePorts.length; i++) {
      if (pathSent[i] > 0) {
        double mean = pathReceived[i] == 0 ? Double.NaN : pathRtt[i] / pathReceived[i];
        paths.add(
            new PairResult.Path(sourcePorts[i], pathSent[i], pathReceived[i], pathLost[i], mean));
      }
    }
    PairResult result =
        new PairResult(
            tags,
            counts.clone(),
            samples.summary(jitterNanos),
            residences == 0 ? Double.NaN : residence / residences,
            paths,
            PathFacts.of(mtu, dscpForward, dscpReturn));
    reset();
    return result;
  }

  private void reset() {
    windowId = NO_WINDOW;
    Arrays.fill(counts, 0);
    Arrays.fill(pathSent, 0);
    Arrays.fill(pathReceived, 0);
    Arrays.fill(pathLost, 0);
    Arrays.fill(pathRtt, 0);
    residence = 0;
    residences = 0;
    dscpForward = -1;
    dscpReturn = -1;
    samples.reset();
  }
}
