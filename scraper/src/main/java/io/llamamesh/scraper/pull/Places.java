package io.llamamesh.scraper.pull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** The places that one request has, until it is closed; for the thread that asks. */
final class Places implements AutoCloseable {
  private final List<Semaphore> taken = new ArrayList<>(2);

  /** Waits for one, however long; to be used where all who have one give it back soon. */
  void take(Semaphore places) throws InterruptedException {
    places.acquire();
    taken.add(places);
  }

  /** Whether it got one in time. */
  boolean take(Semaphore places, Duration patience) throws InterruptedException {
    boolean got = places.tryAcquire(Math.max(0, patience.toMillis()), TimeUnit.MILLISECONDS);
    if (got) {
      taken.add(places);
    }
    return got;
  }

  /** Gives all back. */
  @Override
  public void close() {
    taken.forEach(Semaphore::release);
    taken.clear();
  }
}
