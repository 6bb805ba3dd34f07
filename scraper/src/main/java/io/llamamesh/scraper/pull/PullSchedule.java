package io.llamamesh.scraper.pull;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * When to ask an agent next: just after it published its next window.
 *
 * <p>Learns the length of windows from those that come, so a configured interval is but a first
 * guess. Not thread-safe; has no clock of its own.
 */
final class PullSchedule {
  /** A probe's timeout by default, and the grace in which an agent waits for late replies. */
  static final Duration PUBLISHED_AFTER = Duration.ofSeconds(3);

  /** Go LLAMA does not wait for late replies. */
  static final Duration PUBLISHED_AT_ONCE_AFTER = Duration.ofMillis(200);

  private static final Duration SOONEST = Duration.ofMillis(200);
  private static final Duration LONGEST = Duration.ofDays(1);
  private static final Duration MAX_JITTER = Duration.ofSeconds(1);
  private static final int PATIENT_POLLS = 4;
  private static final int LONGER_SEEN = 3;

  private final int hash;
  private Duration interval;
  private Duration publishedAfter = PUBLISHED_AFTER;
  private @Nullable Instant lastEnd;
  private @Nullable Duration longer;
  private int longerSeen;
  private int nothing;
  private int failures;

  /**
   * @param interval length of a window while none was seen
   * @param agent spreads agents over the jitter
   */
  PullSchedule(Duration interval, String agent) {
    this.interval = interval;
    this.hash = agent.hashCode() & Integer.MAX_VALUE;
  }

  /** Length of a window as far as known. */
  Duration interval() {
    return interval;
  }

  /** Notes how long after its end a window is published. */
  void publishes(Duration afterEnd) {
    publishedAfter = afterEnd;
  }

  /** Notes the end of a window that came, by our clock; oldest first. */
  void window(Instant end) {
    if (lastEnd != null && end.isAfter(lastEnd)) {
      learn(Duration.between(lastEnd, end));
    }
    if (lastEnd == null || end.isAfter(lastEnd)) {
      lastEnd = end;
    }
  }

  /** Notes that the agent answers again. */
  void answers() {
    failures = 0;
  }

  /** When to ask again after windows came. */
  Instant afterNews(Instant now) {
    failures = 0;
    nothing = 0;
    if (lastEnd == null) {
      return now.plus(interval);
    }
    Instant due = lastEnd.plus(interval).plus(publishedAfter).plus(jitter());
    return later(due, now.plus(SOONEST), now);
  }

  /** When to ask again after an answer without a window. */
  Instant afterNothing(Instant now) {
    failures = 0;
    nothing++;
    Duration wait = min(max(interval.dividedBy(5), SOONEST), MAX_JITTER);
    for (int i = PATIENT_POLLS; i < nothing && wait.compareTo(interval) < 0; i++) {
      wait = wait.multipliedBy(2);
    }
    return now.plus(min(wait, max(interval, SOONEST)));
  }

  /** When to ask again after no answer. */
  Instant afterFailure(Instant now) {
    failures++;
    Duration wait = SOONEST.multipliedBy(1L << Math.min(failures, 10));
    return now.plus(min(wait, max(interval, MAX_JITTER))).plus(jitter().dividedBy(4));
  }

  /** Failures in a row. */
  int failures() {
    return failures;
  }

  private void learn(Duration spacing) {
    if (spacing.compareTo(SOONEST) < 0 || spacing.compareTo(LONGEST) > 0) {
      // No agent's windows are: what is multiplied by it later must not overflow.
      return;
    }
    if (spacing.compareTo(interval) < 0) {
      interval = spacing;
      longerSeen = 0;
    } else if (spacing.compareTo(interval) > 0) {
      // One gap is a window that is missing; the same gap again and again is a new interval.
      longerSeen = spacing.equals(longer) ? longerSeen + 1 : 1;
      longer = spacing;
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

  /** Never further than an interval away, lest a clock that jumped stop the reading. */
  private Instant later(Instant due, Instant soonest, Instant now) {
    Instant latest = now.plus(interval).plus(PUBLISHED_AFTER).plus(MAX_JITTER);
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
