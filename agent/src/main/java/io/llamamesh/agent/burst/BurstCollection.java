package io.llamamesh.agent.burst;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Answers to one burst, at the agent that was asked. Complete when everybody expected has given a
 * last word, or at the deadline: who has not by then is named. For all threads.
 */
public final class BurstCollection {

  /** Longest time from the end of a burst to the last answer that is waited for. */
  static final Duration ANSWERED_WITHIN = Duration.ofMillis(4_200);

  private final BurstRequest request;
  private final Instant started;
  private final Set<String> expected;
  private final Map<String, BurstRow> rows = new TreeMap<>();

  /**
   * A collection without answers.
   *
   * @param expected names of the agents that should answer; others may as well while these have not
   *     all
   */
  BurstCollection(BurstRequest request, Instant started, Collection<String> expected) {
    this.request = request;
    this.started = started;
    this.expected = Set.copyOf(expected);
  }

  /**
   * Records an answer.
   *
   * @return false when it is not taken: from nobody that was expected, after the deadline, or after
   *     that agent's last word
   */
  synchronized boolean tryRecord(BurstRow row, Instant now) {
    BurstRow known = rows.get(row.source());
    if (!expected.contains(row.source())
        || now.isAfter(deadline())
        || (known != null && known.state().isFinal())) {
      return false;
    }
    rows.put(row.source(), row);
    return true;
  }

  /** What was asked. */
  public BurstRequest request() {
    return request;
  }

  /** Time of the request. */
  public Instant started() {
    return started;
  }

  /** Time at which it is complete whoever has answered. */
  public Instant deadline() {
    return started.plus(request.length()).plus(ANSWERED_WITHIN);
  }

  /** Answers so far, by source. */
  public synchronized List<BurstRow> rows() {
    return List.copyOf(rows.values());
  }

  /** Returns whether nothing more will come. */
  public synchronized boolean isComplete(Instant now) {
    return now.isAfter(deadline())
        || (rows.size() == expected.size()
            && rows.values().stream().allMatch(row -> row.state().isFinal()));
  }

  /** Agents that have given no word yet. */
  synchronized Set<String> silent() {
    Set<String> silent = new TreeSet<>(expected);
    silent.removeAll(rows.keySet());
    return silent;
  }

  /** Agents that have not given a last word; at the end those who did not answer. */
  public synchronized Set<String> missing() {
    Set<String> missing = new TreeSet<>(expected);
    rows.values().stream()
        .filter(row -> row.state().isFinal())
        .forEach(row -> {
          missing.remove(row.source());
        });
    return missing;
  }
}
