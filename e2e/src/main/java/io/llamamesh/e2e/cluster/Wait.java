package io.llamamesh.e2e.cluster;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Waiting for a condition that is asked for again and again. */
public final class Wait {
  private static final long ASK_EVERY_MILLIS = 250;

  private Wait() {}

  /** Says what is still missing; empty when nothing is. */
  @FunctionalInterface
  public interface Missing {
    /** The missing part now; empty: nothing. */
    String get() throws Exception;
  }

  /**
   * Waits until nothing is missing.
   *
   * @param what for the message
   * @return how long it took
   * @throws Failure where something is still missing at the end of the time, which it says; or what
   *     asking threw itself, at once. All else that is thrown counts as missing
   */
  public static Duration until(String what, Duration within, Missing missing)
      throws InterruptedException {
    long began = System.nanoTime();
    while (true) {
      String lacking;
      try {
        lacking = missing.get();
      } catch (InterruptedException | Failure e) {
        throw e;
      } catch (Exception e) {
        lacking = String.valueOf(e);
      }
      Duration waited = Duration.ofNanos(System.nanoTime() - began);
      if (lacking.isEmpty()) {
        return waited;
      }
      if (waited.compareTo(within) > 0) {
        throw new Failure(what + ": not within " + within.toSeconds() + " s: " + lacking);
      }
      TimeUnit.MILLISECONDS.sleep(ASK_EVERY_MILLIS);
    }
  }
}
