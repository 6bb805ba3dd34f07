package io.llamamesh.kube;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Limits of how long one watch may last. A connection whose other end is gone without a word (a
 * firewall that forgot it, a load balancer that dropped it) says nothing for ever, just as a watch
 * of something that does not change. So each watch is asked to end after its life and is opened
 * anew from where it was; where the server's end does not come either, it is cut.
 *
 * @param life the shortest life that the server is asked for, whole seconds
 * @param jitter up to so much longer, so that not all end at once
 * @param grace how long after its life a watch is cut
 * @param opening how long a watch may take to open
 */
public record WatchLimits(Duration life, Duration jitter, Duration grace, Duration opening) {
  /**
   * Nothing is seen later than 45 s after it happened: 40 s, 5 s, and a new connection. One request
   * per watch and half a minute is what that costs.
   */
  public static final WatchLimits DEFAULT =
      new WatchLimits(
          Duration.ofSeconds(30),
          Duration.ofSeconds(10),
          Duration.ofSeconds(5),
          Duration.ofSeconds(10));

  public WatchLimits {
    if (life.toSeconds() < 1) {
      throw new IllegalArgumentException("life must be a second or more: " + life);
    }
  }

  /** The life of one watch. */
  Duration draw(RandomGenerator random) {
    return Duration.ofSeconds(life.toSeconds() + random.nextLong(jitter.toSeconds() + 1));
  }
}
