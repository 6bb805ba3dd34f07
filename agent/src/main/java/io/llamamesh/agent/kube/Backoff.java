package io.llamamesh.agent.kube;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Exponential back-off with jitter: pauses double after each failure up to a bound, each shortened
 * at random by up to nine tenths, so that agents that lose the same API at the same moment do not
 * reconnect all at once. For one thread.
 */
final class Backoff {

  /**
   * Longest pause that a server's Retry-After is honoured for: a config must not stay stale for
   * longer.
   */
  private static final Duration LONGEST_RETRY_AFTER = Duration.ofSeconds(30);

  private final long first;
  private final long longest;
  private final RandomGenerator random;
  private long next;

  Backoff(Duration first, Duration longest, RandomGenerator random) {
    this.first = first.toMillis();
    this.longest = longest.toMillis();
    this.random = random;
    this.next = this.first;
  }

  /** The pause after a failure, in milliseconds. */
  long afterFailure() {
    long bound = next;
    next = Math.min(2 * next, longest);
    return spread(bound);
  }

  /**
   * The pause after a refusal that says when to come back: at least that long, and up to half of it
   * longer.
   *
   * @param asked how long the server asks to wait
   */
  long afterRefusal(Duration asked) {
    long wait = Math.min(asked.toMillis(), LONGEST_RETRY_AFTER.toMillis());
    return wait + Math.max(afterFailure(), random.nextLong(wait / 2 + 1));
  }

  /** Resets the pause after a success. */
  void reset() {
    next = first;
  }

  private long spread(long bound) {
    return random.nextLong(bound / 10, bound + 1);
  }
}
