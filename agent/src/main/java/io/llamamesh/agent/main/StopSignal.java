package io.llamamesh.agent.main;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The wish to end: the first one is answered with a goodbye, the second at once. */
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

  /** Ends because something broke that a restart may mend. */
  void fail() {
    failed = true;
    first.countDown();
  }

  /** Whether it is to end. */
  boolean isRaised() {
    return first.getCount() == 0;
  }

  boolean hasFailed() {
    return failed;
  }

  void await() throws InterruptedException {
    first.await();
  }

  /** Waits a while; true when it is to end at once. */
  boolean awaitUrgent(Duration patience) throws InterruptedException {
    return second.await(patience.toMillis(), TimeUnit.MILLISECONDS);
  }
}
