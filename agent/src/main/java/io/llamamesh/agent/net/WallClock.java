package io.llamamesh.agent.net;

import java.util.function.LongSupplier;

/**
 * Relates the wall clock, by which arrivals are stamped and windows are named, to the monotonic
 * one, by which everything is measured. Slewing moves both alike; only a step changes the
 * difference. Belongs to one thread.
 */
public final class WallClock {

  /** Larger jumps than this are steps; smaller ones are the cost of reading two clocks. */
  public static final long STEP_NANOS = 100_000;

  private static final int SAMPLES = 3;

  /**
   * Longest time between two clock reads whose difference is exact enough; the first sample after a
   * pause takes longer.
   */
  private static final long NARROW_NANOS = 500;

  private final UdpNetwork network;
  private final LongSupplier realtime;
  private long offset;
  private long steps;

  /** A relation as it is now. */
  public WallClock(UdpNetwork network) {
    this.network = network;
    this.realtime = network.realtimeOfOneThread();
    this.offset = sample();
  }

  /**
   * Compares the clocks.
   *
   * @return true when the wall clock was stepped since the last call
   */
  public boolean hasStepped() {
    long now = sample();
    long moved = now - offset;
    if (moved > STEP_NANOS || moved < -STEP_NANOS) {
      // A stall between the two reads looks like a step; a second sample rules it out.
      now = sample();
      moved = now - offset;
    }
    boolean step = moved > STEP_NANOS || moved < -STEP_NANOS;
    offset = now;
    if (step) {
      steps++;
    }
    return step;
  }

  private long sample() {
    long best = Long.MAX_VALUE;
    long difference = 0;
    for (int i = 0; i < SAMPLES && best > NARROW_NANOS; i++) {
      long before = network.monotonicNanos();
      long wall = realtime.getAsLong();
      long width = network.monotonicNanos() - before;
      if (width < best) {
        best = width;
        difference = wall - before - width / 2;
      }
    }
    return difference;
  }

  /** Wall clock to monotonic. */
  public long monotonic(long realtimeNanos) {
    return realtimeNanos - offset;
  }

  /** Monotonic to wall clock. */
  public long realtime(long monotonicNanos) {
    return monotonicNanos + offset;
  }

  /** Number of steps seen so far. */
  public long steps() {
    return steps;
  }
}
