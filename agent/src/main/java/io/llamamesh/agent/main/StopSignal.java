package io.llamamesh.agent.main;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Stop signal: the first one starts a drain, the second ends at once. */
final class StopSignal {

  private final CountDownLatch first = new CountDownLatch(1);
  private final CountDownLatch second = new CountDownLatch(1);
  private volatile boolean failed;

  /** A stop signal that SIGTERM and SIGINT raise. */
  static StopSignal fromSystem() {
    StopSignal stop = new StopSignal();
    Signals.on("TERM", stop::raise);
    Signals.on("INT", stop::raise);
    return stop;
  }

  void raise() {
    if (first.getCount() == 0) {
      second.countDown();
    }
    first.countDown();
  }

  /** Ends with exit code 1, since something failed that a restart may mend. */
  void fail() {
    failed = true;
    first.countDown();
  }

  /** Returns whether it was raised. */
  boolean isRaised() {
    return first.getCount() == 0;
  }

  boolean hasFailed() {
    return failed;
  }

  void await() throws InterruptedException {
    first.await();
  }

  /** Waits for a second signal; returns true when it came. */
  boolean awaitUrgent(Duration patience) throws InterruptedException {
    return second.await(patience.toMillis(), TimeUnit.MILLISECONDS);
  }
}
