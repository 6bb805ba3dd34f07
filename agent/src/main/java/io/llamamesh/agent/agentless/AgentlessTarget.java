package io.llamamesh.agent.agentless;

import io.llamamesh.agent.collector.PairCell;
import io.llamamesh.agent.collector.PeerState;
import io.llamamesh.agent.collector.PeerStatus;
import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.net.Remote;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One host without a reflector in one class: its probes in flight, and the counts of each window
 * that is still open. Each probe gets exactly one outcome; all times are monotonic. Pure.
 */
final class AgentlessTarget {

  private static final int[] NO_PORTS = {};
  private static final int SUSPECT_AFTER = 3;
  private static final long ERROR_SHOWN_NANOS = 60_000_000_000L;

  /** Probes of ten seconds and more, at the quickest pace. */
  private static final int RECENT = 128;

  private final ProbePlan.Method method;
  private final ProbePlan.TrafficClass trafficClass;
  private final Remote remote;
  private final long nonce;
  private final Deque<Flight> flights = new ArrayDeque<>();
  private final List<PairCell> cells = new ArrayList<>(2);
  private final List<Integer> open = new ArrayList<>(2);
  private Map<String, String> tags;
  private long periodNanos;
  private long due;
  private long next;
  private long newestAnswered = -1;
  private long lastRtt = -1;
  private double jitter = Double.NaN;
  private PeerState state = PeerState.UP;
  private int unanswered;
  private long lastReplyAt;
  private @Nullable PeerError lastError;
  private long lastErrorAt;

  /** A probe that was sent, until its time is over. */
  static final class Flight {
    final long number;
    final long sentAt;
    final int window;
    private final boolean slow;
    private boolean settled;
    private boolean damaged;

    private Flight(long number, long sentAt, int window, boolean slow) {
      this.number = number;
      this.sentAt = sentAt;
      this.window = window;
      this.slow = slow;
    }

    /** Returns whether it has its outcome. */
    boolean isSettled() {
      return settled;
    }
  }

  /**
   * A target without probes.
   *
   * @param nonce identifies it in all probes to it, and in no others
   */
  AgentlessTarget(ProbePlan.AgentlessPair plan, long nonce, long now) {
    this.method = plan.method();
    this.trafficClass = plan.trafficClass();
    this.remote = new Remote(plan.target());
    this.nonce = nonce;
    this.tags = plan.tags();
    this.periodNanos = plan.periodNanos();
    this.lastReplyAt = now;
    this.due = now + phase(plan);
  }

  /** Offset in the period: spread by a hash, so that a tick's probes are few. */
  private static long phase(ProbePlan.AgentlessPair plan) {
    long hash = plan.target().hashCode() * 31L + plan.trafficClass().name().hashCode();
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    return Math.floorMod(hash ^ (hash >>> 33), plan.periodNanos());
  }

  /** The same target with other tags or pace. */
  void plan(ProbePlan.AgentlessPair plan, long now) {
    if (!tags.equals(plan.tags())) {
      tags = plan.tags();
    }
    if (periodNanos != plan.periodNanos()) {
      periodNanos = plan.periodNanos();
      due = now + phase(plan);
    }
  }

  ProbePlan.Method method() {
    return method;
  }

  ProbePlan.TrafficClass trafficClass() {
    return trafficClass;
  }

  Remote remote() {
    return remote;
  }

  long nonce() {
    return nonce;
  }

  /** Time at which its next probe is due. */
  long due() {
    return due;
  }

  /** Number of its next probe. */
  long nextNumber() {
    return next;
  }

  /** Ends the turn that was due. */
  void passDue() {
    due += periodNanos;
  }

  /** Counts turns that passed while nobody ran, all but the last. */
  void skipMissed(long now, long stallNanos, int window) {
    while (now - due > Math.max(stallNanos, periodNanos)) {
      due += periodNanos;
      cell(window).countSkipped();
    }
  }

  void countSkipped(int window) {
    cell(window).countSkipped();
  }

  void countSendError(int window) {
    cell(window).countSendError();
  }

  /**
   * Records a probe that was sent, and counts it.
   *
   * @param slow its send took so long that its RTT would be ours
   */
  void recordSent(long sentAt, int window, boolean slow) {
    flights.addLast(new Flight(next, sentAt, window, slow));
    next++;
    cell(window).countSent(0);
  }

  /** Uses up a number for a probe that was sent and is not counted. */
  void skipNumber() {
    next++;
  }

  /** The probe of this number, where its time is not over; null for any other. */
  @Nullable Flight flight(long number) {
    for (Flight flight : flights) {
      if (flight.number == number) {
        return flight;
      }
    }
    return null;
  }

  /**
   * Returns whether one of the newest probes has these low bits of its number. An error that quotes
   * it tells a reason and excuses nothing, so that it may be late: a kernel complains of a
   * neighbour that does not answer after three seconds, and then of the first probe alone.
   */
  boolean isRecent(int sequence) {
    long ago = (next - 1 - sequence) & 0xffff;
    return sequence >= 0 && ago < Math.min(next, RECENT);
  }

  /**
   * Records an answer: the first in time is the probe's outcome, any further a duplicate.
   *
   * @param rttNanos 0 or less where it is unknown
   */
  void recordReply(Flight flight, long rttNanos, long now) {
    PairCell cell = cell(flight.window);
    if (flight.settled) {
      cell.count(Mark.DUPLICATE);
      return;
    }
    if (rttNanos > trafficClass.timeoutNanos()) {
      return; // too late by the network's doing; it is settled as lost when its time is over
    }
    recordAlive(now, PeerState.UP);
    flight.settled = true;
    cell.count(Outcome.RECEIVED);
    if (flight.number < newestAnswered) {
      cell.count(Mark.REORDERED);
    } else {
      newestAnswered = flight.number;
    }
    if (flight.slow || rttNanos <= 0) {
      cell.count(Mark.STALLED);
      return;
    }
    cell.recordRtt(0, rttNanos);
    if (lastRtt >= 0) {
      double difference = Math.abs(rttNanos - lastRtt);
      jitter = Double.isNaN(jitter) ? difference : jitter + (difference - jitter) / 16;
    }
    lastRtt = rttNanos;
  }

  /** Records an answer that was changed on the way; a whole one may still come. */
  void recordDamaged(Flight flight) {
    flight.damaged = true;
  }

  /** Records that the host said that nobody listens. */
  void recordRefused(Flight flight, long now) {
    recordAlive(now, PeerState.REFUSED);
    settle(flight, Outcome.REFUSED);
  }

  /**
   * Records that an answer came to a probe only after the system had sent it again: it was lost.
   */
  void recordResent(Flight flight, long now) {
    lose(flight);
    recordAlive(now, PeerState.UP);
  }

  /** Settles a probe that was not answered in its time. */
  void recordTimeout(Flight flight, boolean ownDrop, long now, long downAfterNanos) {
    if (flight.damaged) {
      settle(flight, Outcome.CORRUPT);
      return;
    }
    if (ownDrop) {
      settle(flight, Outcome.OWN_DROP);
      return;
    }
    lose(flight);
    if (flight.sentAt - lastReplyAt < 0) {
      return; // a later one was answered: the path loses, but the host is there
    }
    unanswered++;
    if (unanswered >= SUSPECT_AFTER) {
      state = now - lastReplyAt > downAfterNanos ? PeerState.DOWN : PeerState.SUSPECT;
    }
  }

  private void recordAlive(long now, PeerState newState) {
    lastReplyAt = now;
    unanswered = 0;
    state = newState;
  }

  private void lose(Flight flight) {
    flight.settled = true;
    cell(flight.window).countLost(0);
  }

  private void settle(Flight flight, Outcome outcome) {
    flight.settled = true;
    cell(flight.window).count(outcome);
  }

  /** Records an error about one of its probes. */
  void recordError(PeerError error, long now) {
    lastError = error;
    lastErrorAt = now;
  }

  /** Oldest probe whose time is not over; null for none. */
  @Nullable Flight oldest() {
    return flights.peekFirst();
  }

  void forgetOldest() {
    var _ = flights.pollFirst();
  }

  /** Suppresses probes in flight: they are not waited for any more. */
  void suppressPending() {
    for (Flight flight : flights) {
      if (!flight.settled) {
        settle(flight, flight.damaged ? Outcome.CORRUPT : Outcome.SUPPRESSED);
      }
    }
    flights.clear();
  }

  /** Returns whether some probe has no outcome yet. */
  boolean hasPending() {
    return flights.stream().anyMatch(flight -> !flight.settled);
  }

  /** The first window whose counts may still change; the greatest number where none may. */
  int oldestWindow() {
    Flight first = flights.peekFirst();
    return first == null ? Integer.MAX_VALUE : first.window;
  }

  /** Returns whether it has an open window. */
  boolean hasOpenWindow() {
    return !open.isEmpty();
  }

  private PairCell cell(int window) {
    for (PairCell cell : cells) {
      if (cell.isOf(window)) {
        return cell;
      }
    }
    PairCell free = null;
    for (PairCell cell : cells) {
      if (cell.isFree()) {
        free = cell;
      }
    }
    if (free == null) {
      free = new PairCell(1);
      cells.add(free);
    }
    free.open(window, 1);
    open.add(window);
    return free;
  }

  /** Closes the windows up to this one; adds their results, by window. */
  void close(int window, Map<Integer, List<PairResult>> to) {
    for (Iterator<Integer> all = open.iterator(); all.hasNext(); ) {
      int id = all.next();
      if (id <= window) {
        all.remove();
        to.computeIfAbsent(id, k -> new ArrayList<>())
            .add(cell(id, cells).close(tags, jitter, NO_PORTS, 0));
      }
    }
  }

  private static PairCell cell(int window, List<PairCell> cells) {
    for (PairCell cell : cells) {
      if (cell.isOf(window)) {
        return cell;
      }
    }
    throw new IllegalStateException("window " + window + " is not open");
  }

  /** Status for people; null when it is up and without a recent error. */
  @Nullable PeerStatus status(long now) {
    PeerError error = lastError != null && now - lastErrorAt < ERROR_SHOWN_NANOS ? lastError : null;
    return state == PeerState.UP && error == null
        ? null
        : new PeerStatus(remote.address(), state, error, 0);
  }
}
