package io.llamamesh.agent.collector;

import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import io.llamamesh.agent.window.Tally;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;

/** Counters of a collector since its start; its thread adds, any thread may read. */
@SuppressWarnings("EnumOrdinal") // an index into counters of this process, never stored
public final class CollectorCounters {

  /** Events that belong to no pair. */
  public enum Event {
    /** Probes that came due while this process did not run: skipped, nobody's loss. */
    AGENT_PAUSED,
    /** Probes that were not sent since the flow had no room for more in flight. */
    FLIGHTS_FULL,
    /** Datagrams on our source ports that are no probes. */
    NOT_A_PROBE,
    /** Answers that are shorter or longer than their probe. */
    GARBLED,
    /** Datagrams for our source ports that the kernel dropped for a wrong checksum. */
    CHECKSUM,
    /** Replies to probes that are settled already, or were never sent. */
    UNEXPECTED,
    /** Steps of the wall clock. */
    CLOCK_STEP,
    /** Errors that the network reported for earlier probes, those that prove nothing among them. */
    NETWORK_ERROR,
    /**
     * Such errors that quote no probe of ours in flight: stale, cut short by a router, or forged.
     */
    UNPROVEN_ERROR,
    /** Windows that were published. */
    WINDOW,
    /** Wanted source ports that were taken, so that others are used. */
    PORT_TAKEN,
    /** Times that other source ports were taken since nothing answered any more. */
    PORTS_RENEWED,
    /** Answers without a valid key, for peers that have to have one: they prove nothing. */
    UNKEYED_ANSWER,
    /** Answers that name a probe in flight and come from elsewhere than its peer: forged. */
    FOREIGN_ANSWER,
    /** Drain marks that were not the peer's: of another life of it, or it went on answering. */
    FALSE_GOODBYE,
    /** Questions to a draining peer whether it is back. */
    HELLO
  }

  private final AtomicLongArray tallies = new AtomicLongArray(Tally.all().size());
  private final AtomicLongArray errors = new AtomicLongArray(PeerError.values().length);
  private final AtomicLongArray sends = new AtomicLongArray(SendResult.values().length);
  private final AtomicLongArray events = new AtomicLongArray(Event.values().length);
  private final AtomicIntegerArray peers = new AtomicIntegerArray(PeerState.values().length);
  private volatile int flows;
  private volatile int missingFlows;

  /** Count of a tally; probes in flight have no outcome yet. */
  public long count(Tally tally) {
    return tallies.get(tally.index());
  }

  /** Count of an event. */
  public long count(Event event) {
    return events.get(event.ordinal());
  }

  /**
   * Count of network errors of this kind that quote a probe in flight; kernels let few of these
   * through.
   */
  public long count(PeerError error) {
    return errors.get(error.ordinal());
  }

  /** Probes that were not sent, by the reason. */
  public long count(SendResult failure) {
    return sends.get(failure.ordinal());
  }

  /** Peers in this state now. */
  public int peers(PeerState state) {
    return peers.get(state.ordinal());
  }

  /** Flows that probe now. */
  public int flows() {
    return flows;
  }

  /** Flows of the plan for which no source port could be had; tried again. */
  public int missingFlows() {
    return missingFlows;
  }

  void setFlows(int probing, int missing) {
    flows = probing;
    missingFlows = missing;
  }

  void setPeers(int[] byState) {
    for (int i = 0; i < byState.length; i++) {
      peers.setRelease(i, byState[i]);
    }
  }

  // A single thread writes, so no read-modify-write is needed.

  void countSent() {
    tally(Attempt.SENT.index());
  }

  void add(Outcome outcome) {
    tally(outcome.index());
  }

  void add(Mark mark) {
    tally(mark.index());
  }

  private void tally(int i) {
    tallies.setRelease(i, tallies.getPlain(i) + 1);
  }

  void add(PeerError error) {
    add(error, 1);
  }

  private void add(PeerError error, int more) {
    int i = error.ordinal();
    errors.setRelease(i, errors.getPlain(i) + more);
  }

  /** What was counted of a window elsewhere. */
  void addAll(WindowSource.Results results) {
    for (PairResult pair : results.pairs()) {
      for (Tally tally : Tally.all()) {
        int i = tally.index();
        tallies.setRelease(i, tallies.getPlain(i) + pair.count(tally));
      }
    }
    results
        .sendErrors()
        .forEach((failure, more) -> {
          int i = failure.ordinal();
          sends.setRelease(i, sends.getPlain(i) + more);
        });
    results.errors().forEach(this::add);
    results.events().forEach(this::add);
  }

  /** A probe that was not sent. */
  void countSendError(SendResult failure) {
    int i = failure.ordinal();
    sends.setRelease(i, sends.getPlain(i) + 1);
    tally(Attempt.SEND_ERROR.index());
  }

  /** A probe that came due and was not sent. */
  void countSkipped() {
    tally(Attempt.SKIPPED.index());
  }

  void add(Event event) {
    add(event, 1);
  }

  void add(Event event, long more) {
    int i = event.ordinal();
    events.setRelease(i, events.getPlain(i) + more);
  }
}
