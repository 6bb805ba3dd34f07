package io.llamamesh.registration;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * A schedule of one probe's requests: regular, at a phase of its own, so that probes that lost
 * their registry together do not come back together.
 */
public final class RegistrationSchedule {
  private final long periodNanos;
  private final RandomGenerator random;

  /**
   * @param period between two times
   */
  public RegistrationSchedule(Duration period, RandomGenerator random) {
    this.periodNanos = period.toNanos();
    this.random = random;
  }

  /** The pause after an answer: the period, give or take a tenth. */
  public Duration delayAfterAnswer() {
    return Duration.ofNanos(periodNanos - periodNanos / 10 + random.nextLong(periodNanos / 5 + 1));
  }

  /**
   * The pause after a failure: a quarter of the period to the whole, so that a registry that comes
   * back is asked evenly.
   */
  public Duration delayAfterFailure() {
    return Duration.ofNanos(
        periodNanos / 4 + random.nextLong(Math.max(1, periodNanos - periodNanos / 4)));
  }
}
