package io.llamamesh.agent.collector;

/** Limits of delays beyond which they are this process's own, and not the network's. */
public final class StallLimits {

  /**
   * Longest time between two ticks while a probe is in flight, or of a send; a longer one is a
   * stall of this process, whose time is in the RTTs of probes in flight.
   */
  public static final long STALL_NANOS = 100_000_000L;

  /** How late a tick may be so that all probes that came due meanwhile still leave. */
  static final long LATE_NANOS = 90_000_000L;

  /** Longest time between a probe's stamp and its send whose RTT still counts. */
  public static final long SLOW_SEND_NANOS = 500_000L;

  private StallLimits() {}

  /**
   * Longest time since the last tick that is no stall, where this tick was to come so long after
   * it. Who waits for longer than a stall has no probe in flight.
   */
  static long longestPause(long askedNanos) {
    return askedNanos < STALL_NANOS ? STALL_NANOS : askedNanos + LATE_NANOS;
  }

  /**
   * Longest time since the last tick after which all probes that came due still leave, where this
   * tick was to come so long after it.
   */
  static long longestGap(long askedNanos) {
    return Math.max(STALL_NANOS, askedNanos + LATE_NANOS);
  }
}
