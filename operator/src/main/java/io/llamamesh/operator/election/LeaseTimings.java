package io.llamamesh.operator.election;

import java.time.Duration;

/**
 * The times of an election.
 *
 * @param duration how long others leave a Lease alone that they have not seen renewed
 * @param deadline how long after its last renewal a leader works on; less than {@code duration}, by
 *     what a write that is under way may still take
 * @param renewEvery how often a leader renews
 * @param retryEvery how often a candidate tries
 */
public record LeaseTimings(
    Duration duration, Duration deadline, Duration renewEvery, Duration retryEvery) {
  /**
   * A leader whose node is cut off is replaced after 10 to 11 s; a first status then takes another
   * few, so that users see a true one within half a minute of the cut. The deadline gives three
   * renewals a chance and leaves 3 s in which the old leader's last write arrives, or does not,
   * before another begins. A candidate that tries every second takes over a Lease that was given
   * back within one.
   */
  public static final LeaseTimings DEFAULT =
      new LeaseTimings(
          Duration.ofSeconds(10),
          Duration.ofSeconds(7),
          Duration.ofSeconds(2),
          Duration.ofSeconds(1));

  public LeaseTimings {
    if (duration.compareTo(deadline) <= 0 || deadline.compareTo(renewEvery) <= 0) {
      throw new IllegalArgumentException(
          "wanted: duration > deadline > renewEvery: %s, %s, %s"
              .formatted(duration, deadline, renewEvery));
    }
  }
}
