package io.llamamesh.agent.collector;

import io.llamamesh.agent.net.Payload;
import io.llamamesh.agent.window.PairResult;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One target in one class: its peer, its plan, and the counts of each window that is still open.
 */
final class Pair {

  /**
   * A reflector that did not answer for this long, and for three periods, may be another one now.
   */
  private static final long FORGET_NANOS = 5_000_000_000L;

  private final Peer peer;
  private ProbePlan.Pair plan;
  private Map<String, String> tags;
  private PairCell[] cells;
  private int[] ports = new int[0];
  private @Nullable Payload frame;
  private boolean tosAsNumber;
  private long tosAsNumberAt;
  private double jitter;
  private boolean jitterKnown;

  Pair(Peer peer, ProbePlan.Pair plan) {
    this.peer = peer;
    this.plan = plan;
    this.tags = plan.tags();
    this.cells =
        new PairCell[] {new PairCell(plan.sourcePorts()), new PairCell(plan.sourcePorts())};
  }

  Peer peer() {
    return peer;
  }

  ProbePlan.Pair plan() {
    return plan;
  }

  /** The same pair with other tags, pace or frame. */
  void plan(ProbePlan.Pair changed) {
    plan = changed;
    frame = null;
    // Equal tags stay the same object, which retained windows share.
    if (!tags.equals(changed.tags())) {
      tags = changed.tags();
    }
  }

  /** Frame of its probes, shared with all of the same class; null until it is set. */
  @Nullable Payload frame() {
    return frame;
  }

  void frame(Payload ready) {
    frame = ready;
  }

  /**
   * Records whether an answer shows a reflector that reads the ToS as a number. Where the ToS is 0
   * that makes no difference, and probes keep the form that all understand.
   */
  void recordTosAsNumber(boolean wanted, long now) {
    boolean number = wanted && plan.trafficClass().tos() != 0;
    if (number) {
      tosAsNumberAt = now;
    }
    if (number != tosAsNumber) {
      tosAsNumber = number;
      frame = null;
    }
  }

  /** Returns whether its next probe carries the ToS as a number. */
  boolean sendsTosAsNumber(long now) {
    if (tosAsNumber
        && now - tosAsNumberAt > Math.max(FORGET_NANOS, 3 * plan.periodNanos() + timeoutNanos())) {
      recordTosAsNumber(false, now);
    }
    return tosAsNumber;
  }

  /** Returns whether its probes are longer than the known path MTU. */
  boolean exceedsPathMtu() {
    return peer.pathMtu() != 0 && packetBytes() > peer.pathMtu();
  }

  /** Length of its probes in bytes, with the headers of UDP and IP. */
  int packetBytes() {
    return plan.trafficClass().datagramBytes() + (peer.remote().isV4() ? 28 : 48);
  }

  long timeoutNanos() {
    return plan.trafficClass().timeoutNanos();
  }

  /** Counts a path of its own from now on: a flow over this source port. */
  void openPath(int path, int sourcePort) {
    if (path >= ports.length) {
      ports = Arrays.copyOf(ports, path + 1);
      for (PairCell cell : cells) {
        cell.grow(ports.length);
      }
    }
    ports[path] = sourcePort;
  }

  /** Cell of an open window; opened if it is the first access. */
  PairCell cell(int windowId) {
    for (PairCell cell : cells) {
      if (cell.isOf(windowId)) {
        return cell;
      }
    }
    for (PairCell cell : cells) {
      if (cell.isFree()) {
        cell.open(windowId, ports.length);
        return cell;
      }
    }
    cells = Arrays.copyOf(cells, cells.length + 1);
    PairCell cell = new PairCell(ports.length);
    cell.open(windowId, ports.length);
    cells[cells.length - 1] = cell;
    return cell;
  }

  /** RFC 3550 §6.4.1: moves by a sixteenth of each difference of consecutive RTTs. */
  void updateJitter(long rttBefore, long rtt) {
    double difference = Math.abs(rtt - rttBefore);
    jitter = jitterKnown ? jitter + (difference - jitter) / 16 : difference;
    jitterKnown = true;
  }

  /** Closes a window; returns its result, or null when nothing happened in it. */
  @Nullable PairResult close(int windowId) {
    for (PairCell cell : cells) {
      if (cell.isOf(windowId)) {
        return cell.close(
            tags, jitterKnown ? jitter : Double.NaN, ports, exceedsPathMtu() ? peer.pathMtu() : 0);
      }
    }
    return null;
  }

  /** Returns whether this pair has an open window. */
  boolean hasOpenWindow() {
    for (PairCell cell : cells) {
      if (!cell.isFree()) {
        return true;
      }
    }
    return false;
  }
}
