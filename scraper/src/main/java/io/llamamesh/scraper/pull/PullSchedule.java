package io.llamamesh.scraper.pull;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Poll schedule of one agent: polls just after it publishes its next window.
 *
 * <p>It learns the length of windows from those received; the configured interval is only the first
 * guess. Not thread-safe; has no clock of its own.
 */
final class PullSchedule {
  /**
   * Delay from a window's end to its publication: a probe's default timeout, and the grace for late
   * replies.
   */
  static final Duration PUBLISH_DELAY = Duration.ofSeconds(3);

  /** The same of Go LLAMA, which does not wait for late replies. */
  static final Duration LEGACY_PUBLISH_DELAY = Duration.ofMillis(200);

  private static final Duration MIN_WAIT = Duration.ofMillis(200);
  private static final Duration MAX_INTERVAL = Duration.ofDays(1);
  private static final Duration MAX_JITTER = Duration.ofSeconds(1);
  private static final int PATIENT_POLLS = 4;
  private static final int LONGER_SEEN = 3;

  private final int hash;
  private Duration interval;
  private Duration publishDelay = PUBLISH_DELAY;
  private @Nullable Instant lastEnd;
  private @Nullable Duration longerInterval;
  private int longerSeen;
  private int emptyAnswers;
  private int failures;

  /**
   * @param interval length of a window until one was received
   * @param agent name of the agent, which spreads agents over the jitter
   */
  PullSchedule(Duration interval, String agent) {
    this.interval = interval;
    this.hash = agent.hashCode() & Integer.MAX_VALUE;
  }

  /** Length of a window, as last learnt. */
  Duration interval() {
    return interval;
  }

  /** Sets the delay from a window's end to its publication. */
  void setPublishDelay(Duration afterEnd) {
    publishDelay = afterEnd;
  }

  /** Records the end of a received window, by our clock; oldest first. */
  void recordWindow(Instant end) {
    if (lastEnd != null && end.isAfter(lastEnd)) {
      learn(Duration.between(lastEnd, end));
    }
    if (lastEnd == null || end.isAfter(lastEnd)) {
      lastEnd = end;
    }
  }

  /** Records that the agent answers again. */
  void recordAnswer() {
    failures = 0;
  }

  /** Time of the next poll after an answer with windows. */
  Instant afterWindow(Instant now) {
    failures = 0;
    emptyAnswers = 0;
    if (lastEnd == null) {
      return now.plus(interval);
    }
    Instant due = lastEnd.plus(interval).plus(publishDelay).plus(jitter());
    return bounded(due, now.plus(MIN_WAIT), now);
  }

  /** Time of the next poll after an answer without a window. */
  Instant afterEmptyAnswer(Instant now) {
    failures = 0;
    emptyAnswers++;
    Duration wait = min(max(interval.dividedBy(5), MIN_WAIT), MAX_JITTER);
    for (int i = PATIENT_POLLS; i < emptyAnswers && wait.compareTo(interval) < 0; i++) {
      wait = wait.multipliedBy(2);
    }
    return now.plus(min(wait, max(interval, MIN_WAIT)));
  }

  /** Time of the next poll after a failure. */
  Instant afterFailure(Instant now) {
    failures++;
    Duration wait = MIN_WAIT.multipliedBy(1L << Math.min(failures, 10));
    return now.plus(min(wait, max(interval, MAX_JITTER))).plus(jitter().dividedBy(4));
  }

  /** Consecutive failures. */
  int failures() {
    return failures;
  }

  private void learn(Duration spacing) {
    if (spacing.compareTo(MIN_WAIT) < 0 || spacing.compareTo(MAX_INTERVAL) > 0) {
      // No agent has such windows, and products of the interval must not overflow.
      return;
    }
    if (spacing.compareTo(interval) < 0) {
      interval = spacing;
      longerSeen = 0;
    } else if (spacing.compareTo(interval) > 0) {
      // One gap is a window that is missing; the same gap again and again is a new interval.
      longerSeen = spacing.equals(longerInterval) ? longerSeen + 1 : 1;
      longerInterval = spacing;
      if (longerSeen >= LONGER_SEEN) {
        interval = spacing;
        longerSeen = 0;
      }
    } else {
      longerSeen = 0;
    }
  }

  private Duration jitter() {
    long most = min(MAX_JITTER, interval.dividedBy(4)).toMillis();
    return Duration.ofMillis(most <= 0 ? 0 : hash % most);
  }

  /** At most an interval away, so that a clock that jumped does not stop polling. */
  private Instant bounded(Instant due, Instant soonest, Instant now) {
    Instant latest = now.plus(interval).plus(PUBLISH_DELAY).plus(MAX_JITTER);
    if (due.isAfter(latest)) {
      return latest;
    }
    return due.isBefore(soonest) ? soonest : due;
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  private static Duration max(Duration a, Duration b) {
    return a.compareTo(b) >= 0 ? a : b;
  }
}
