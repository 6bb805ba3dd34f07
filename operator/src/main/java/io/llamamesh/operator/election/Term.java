package io.llamamesh.operator.election;

import java.util.function.LongSupplier;

/**
 * The time in which this process may work, from acquiring the Lease to losing it.
 *
 * <p>Any thread may ask.
 */
public final class Term {
  private final LongSupplier nanoTime;
  private volatile long until;
  private volatile boolean ended;

  /**
   * @param until when it ends unless it is renewed, by the clock
   */
  Term(LongSupplier nanoTime, long until) {
    this.nanoTime = nanoTime;
    this.until = until;
  }

  /** The term of the only operator: it does not end. */
  public static Term unlimited() {
    return new Term(() -> 0, Long.MAX_VALUE);
  }

  void renew(long next) {
    until = next;
  }

  void end() {
    ended = true;
  }

  /**
   * Whether this process may work and write. By the clock: false as soon as the deadline has
   * passed, also where the process stood still and nobody has noticed yet.
   */
  public boolean isHeld() {
    return !ended && until - nanoTime.getAsLong() > 0;
  }
}
