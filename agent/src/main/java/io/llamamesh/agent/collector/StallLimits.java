package io.llamamesh.agent.collector;

/** Limits of delays beyond which they are this process's own, and not the network's. */
public final class StallLimits {

  /** Longest time between two ticks, or of a send; a longer one is a stall of this process. */
  public static final long STALL_NANOS = 100_000_000L;

  /** Longest time between a probe's stamp and its send whose RTT still counts. */
  public static final long SLOW_SEND_NANOS = 500_000L;

  private StallLimits() {}
}
