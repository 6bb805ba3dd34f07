package io.llamamesh.agent.reflector;

/**
 * Limit of packets per second, with bursts of a tenth of a second. Packets over the limit are
 * dropped, not delayed: a delay would be measured as the network's.
 */
final class RateLimit {

  private static final long SECOND = 1_000_000_000L;

  private final long costNanos;
  private final long burstNanos;
  private long freeAt;

  RateLimit(int packetsPerSecond, long nowNanos) {
    if (packetsPerSecond < 1) {
      throw new IllegalArgumentException(
          "packets per second must be positive: " + packetsPerSecond);
    }
    costNanos = SECOND / packetsPerSecond;
    burstNanos = Math.max(SECOND / 10, costNanos);
    freeAt = nowNanos;
  }

  /** Admits one packet at this time; returns false where it is over the limit. */
  boolean tryAcquire(long nowNanos) {
    long start = freeAt - nowNanos < 0 ? nowNanos : freeAt;
    if (start + costNanos - nowNanos > burstNanos) {
      return false;
    }
    freeAt = start + costNanos;
    return true;
  }
}
