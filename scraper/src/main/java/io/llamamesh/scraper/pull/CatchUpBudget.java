package io.llamamesh.scraper.pull;

import java.time.Duration;
import java.time.Instant;

/**
 * Token bucket of bytes for catching up with one agent: as many as an agent can retain, then a page
 * a second. An agent that always claims to have more would otherwise keep a core busy. Not
 * thread-safe.
 */
final class CatchUpBudget {
  /** An agent retains 16 MiB of windows, which are several times as much as JSON. */
  static final long MAX_BYTES = 256L << 20;

  /** Cost of a page beyond its bytes: the request. */
  static final int PAGE_BYTES = 64 << 10;

  /** Refill per second: one page of the requested size. */
  static final int BYTES_PER_SECOND = PageSize.WANTED + PAGE_BYTES;

  private static final Duration LONG = Duration.ofDays(1);

  private long left = MAX_BYTES;
  private Instant filled = Instant.MIN;

  /** Takes a page out of it. */
  void spend(int bytes, Instant now) {
    refill(now);
    left -= bytes + (long) PAGE_BYTES;
  }

  /** Time to wait before the next page; zero while the budget lasts. */
  Duration pause(Instant now) {
    refill(now);
    return left > 0 ? Duration.ZERO : Duration.ofMillis(1_000 - left * 1_000 / BYTES_PER_SECOND);
  }

  private void refill(Instant now) {
    Duration gone = Duration.between(filled, now);
    if (gone.compareTo(LONG) >= 0) {
      left = MAX_BYTES;
    } else if (gone.isPositive()) {
      left = Math.min(MAX_BYTES, left + gone.toMillis() * BYTES_PER_SECOND / 1_000);
    }
    // A clock that was set back refills nothing.
    filled = now;
  }
}
