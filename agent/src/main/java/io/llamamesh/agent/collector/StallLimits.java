package io.llamamesh.agent.collector;

/** Limits of delays beyond which they are this process's own, and not the network's. */
public final class StallLimits {

  /**
   * Longest time between two ticks, or of a send; a longer one is a stall of this process, whose
   * time is in the RTTs of probes in flight.
   */
  public static final long STALL_NANOS = 100_000_000L;

  /** How late a tick may be so that all probes that came due meanwhile still leave. */
  static final long LATE_NANOS = 90_000_000L;

  /** Longest time between a probe's stamp and its send whose RTT still counts. */
  public static final long SLOW_SEND_NANOS = 500_000L;

  private StallLimits() {}

  /**
   * Longest time since the last tick after which all probes that came due still leave, where ticks
   * are of this length.
   */
  static long longestGap(long tickNanos) {
    return Math.max(STALL_NANOS, tickNanos + LATE_NANOS);
  }
}
