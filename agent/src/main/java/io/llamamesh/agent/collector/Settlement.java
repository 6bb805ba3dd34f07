package io.llamamesh.agent.collector;

import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import io.llamamesh.agent.window.WindowArchive;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Settlement of probes: gives every unanswered probe its outcome, and publishes windows whose
 * probes are all settled.
 */
@SuppressWarnings("EnumOrdinal") // an index into counters of this process, never stored
final class Settlement {

  private final Roster roster;
  private final WindowBook book;
  private final WindowArchive archive;
  private final CollectorCounters counters;
  private final WindowSource further;
  private final int[] peers = new int[PeerState.values().length];

  /**
   * A settlement.
   *
   * @param further results for the same windows of probes that are not the roster's
   */
  Settlement(
      Roster roster,
      WindowBook book,
      WindowArchive archive,
      CollectorCounters counters,
      WindowSource further) {
    this.further = further;
    this.roster = roster;
    this.book = book;
    this.archive = archive;
    this.counters = counters;
  }

  /** Returns whether all probes of an ended window are settled once {@link #expire} ran. */
  boolean hasSettledWindow(long now) {
    return book.hasSettled(now, longestTimeout());
  }

  private long longestTimeout() {
    return Math.max(roster.longestTimeout(), further.longestTimeoutNanos());
  }

  /** Settles probes whose timeout and grace are over. */
  void expire(long now, long interval) {
    expire(roster.active(), now, interval);
    expire(roster.retired(), now, interval);
    Arrays.fill(peers, 0);
    List<Peer> known = roster.peerList();
    for (int i = 0; i < known.size(); i++) {
      Peer peer = known.get(i);
      peer.expireStates(now);
      peers[peer.state().ordinal()]++;
    }
    counters.setPeers(peers);
    roster.sweep();
  }

  /** Indexed loops, here and below: an iterator would be garbage twenty times a second. */
  private void expire(List<Flow> flows, long now, long interval) {
    for (int i = 0; i < flows.size(); i++) {
      expire(flows.get(i), now, interval);
    }
  }

  private void expire(Flow flow, long now, long interval) {
    long timeout = flow.pair().timeoutNanos();
    long before = now - timeout - WindowBook.GRACE_NANOS;
    for (long s = flow.oldest(); s >= 0 && flow.sentAt(s) - before <= 0; s = flow.oldest()) {
      if (flow.kind(s) == Flow.PENDING && !flow.hasFlag(s, Flow.HELLO)) {
        settle(flow, s, now, interval);
      }
      flow.forgetOldest();
    }
  }

  private void settle(Flow flow, long sequence, long now, long interval) {
    Peer peer = flow.pair().peer();
    long sentAt = flow.sentAt(sequence);
    boolean seen = flow.hasFlag(sequence, Flow.SEEN);
    boolean unseen = !seen && flow.hasFlag(sequence, Flow.COVERED);
    PairCell cell = flow.pair().cell(flow.window(sequence));
    Outcome outcome = outcome(flow, sequence, seen, unseen);
    counters.add(outcome);
    if (outcome != Outcome.LOST) {
      cell.count(outcome);
      return;
    }
    cell.countLost(flow.path());
    peer.recordUnanswered(sentAt, now, interval);
    // Of an answer that came too late the delayed direction is unknown.
    if (!flow.hasFlag(sequence, Flow.AFTER_TIMEOUT) && (seen || unseen)) {
      Mark where = seen ? Mark.RETURN_LOST : Mark.FORWARD_LOST;
      cell.count(where);
      counters.add(where);
    }
  }

  private static Outcome outcome(Flow flow, long sequence, boolean seen, boolean unseen) {
    Peer peer = flow.pair().peer();
    long sentAt = flow.sentAt(sequence);
    if (flow.hasFlag(sequence, Flow.SUSPICIOUS)) {
      return Outcome.CORRUPT; // something came back, so it was neither lost nor refused
    }
    if (peer.wasDraining(sentAt, flow.pair().timeoutNanos())) {
      return Outcome.SUPPRESSED;
    }
    if (flow.hasFlag(sequence, Flow.AFTER_TIMEOUT)) {
      return Outcome.LOST; // answered, but too late by the network's own doing
    }
    if (!seen && (flow.hasFlag(sequence, Flow.REFUSED) || peer.wasRefused(sentAt))) {
      return Outcome.REFUSED;
    }
    if (!seen && (flow.hasFlag(sequence, Flow.TOO_BIG) || flow.wasTooBig(sentAt))) {
      return Outcome.TOO_BIG;
    }
    if (!seen && flow.hasFlag(sequence, Flow.OVERLOADED)) {
      return Outcome.OVERLOAD;
    }
    if (!unseen && flow.source().overflowDrops().tryAttribute(sentAt)) {
      return Outcome.OWN_DROP;
    }
    if (!seen && peer.overflowDrops().tryAttribute(sentAt)) {
      return Outcome.OVERLOAD;
    }
    return Outcome.LOST;
  }

  /**
   * Suppresses probes in flight: they are not waited for any more, which is no fault of the
   * network.
   */
  void suppressPending() {
    roster.active().forEach(this::suppressPending);
    roster.retired().forEach(this::suppressPending);
  }

  private void suppressPending(Flow flow) {
    for (long s = flow.oldest(); s >= 0; s = flow.oldest()) {
      if (flow.kind(s) == Flow.PENDING && !flow.hasFlag(s, Flow.HELLO)) {
        Outcome outcome = flow.hasFlag(s, Flow.SUSPICIOUS) ? Outcome.CORRUPT : Outcome.SUPPRESSED;
        flow.pair().cell(flow.window(s)).count(outcome);
        counters.add(outcome);
      }
      flow.forgetOldest();
    }
  }

  /** Returns whether some probe has no outcome yet. */
  boolean hasPending() {
    if (!further.isSettled()) {
      return true;
    }
    for (Flow flow : roster.retired()) {
      if (flow.hasPending()) {
        return true;
      }
    }
    for (Flow flow : roster.active()) {
      if (flow.hasPending()) {
        return true;
      }
    }
    return false;
  }

  /** Publishes all windows at once; called when no further probe will be sent or answered. */
  void finish(long now, long realtime, long retention) {
    book.endEarly(now, realtime);
    publish(now, now + longestTimeout() + WindowBook.GRACE_NANOS, retention);
  }

  /**
   * Publishes all windows whose probes are settled.
   *
   * @return whether there was one
   */
  boolean publish(long now, long retention) {
    return publish(now, now, retention);
  }

  private boolean publish(long now, long asOf, long retention) {
    WindowBook.Window window = book.pollSettled(asOf, longestTimeout());
    boolean published = window != null;
    while (window != null) {
      publish(window, now, retention);
      window = book.pollSettled(asOf, longestTimeout());
    }
    return published;
  }

  private void publish(WindowBook.Window window, long now, long retention) {
    // A pair that left and its successor are one series: two points of it with one time would
    // overwrite each other in the store.
    Map<Map<String, String>, PairResult> results = new LinkedHashMap<>();
    for (Pair pair : roster.pairs()) {
      close(pair, window.id(), results);
    }
    for (Pair pair : roster.leaving()) {
      close(pair, window.id(), results);
    }
    for (WindowSource.Results more = further.poll(window.id());
        more != null;
        more = further.poll(window.id())) {
      counters.addAll(more);
      more.pairs().forEach(pair -> results.merge(pair.tags(), pair, PairResult::plus));
    }
    archive.publish(
        new ClosedWindow(
            archive.nextSequence(),
            window.endRealtime(),
            List.copyOf(results.values()),
            window.reflected()),
        now,
        retention);
    counters.add(CollectorCounters.Event.WINDOW);
  }

  private static void close(Pair pair, int windowId, Map<Map<String, String>, PairResult> results) {
    @Nullable PairResult result = pair.close(windowId);
    if (result != null) {
      results.merge(result.tags(), result, PairResult::plus);
    }
  }
}
