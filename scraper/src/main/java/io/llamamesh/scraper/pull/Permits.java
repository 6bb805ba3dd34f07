package io.llamamesh.scraper.pull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** The places that one request has, until it is closed; for the thread that asks. */
final class Permits implements AutoCloseable {
  private final List<Held> held = new ArrayList<>(3);

  private record Held(Semaphore places, int count) {}

  /** Waits for one, however long; to be used where all who have one give it back soon. */
  void acquire(Semaphore places) throws InterruptedException {
    places.acquire();
    held.add(new Held(places, 1));
  }

  /** Whether it got one in time. */
  boolean acquire(Semaphore places, Duration patience) throws InterruptedException {
    return acquire(places, 1, patience);
  }

  /** Whether it got so many in time. */
  boolean acquire(Semaphore places, int count, Duration patience) throws InterruptedException {
    boolean got = places.tryAcquire(count, Math.max(0, patience.toMillis()), TimeUnit.MILLISECONDS);
    if (got) {
      held.add(new Held(places, count));
    }
    return got;
  }

  /** Exchanges all of one kind for as many of another; whether there were so many, at once. */
  boolean tryExchange(Semaphore from, Semaphore to) {
    int count = held.stream().filter(one -> one.places() == from).mapToInt(Held::count).sum();
    if (!to.tryAcquire(count)) {
      return false;
    }
    held.removeIf(one -> one.places() == from);
    from.release(count);
    held.add(new Held(to, count));
    return true;
  }

  /** Gives all back but those of that kind. */
  void releaseAllBut(Semaphore kept) {
    held.removeIf(one -> {
      boolean other = one.places() != kept;
      if (other) {
        one.places().release(one.count());
      }
      return other;
    });
  }

  /** Gives all back. */
  @Override
  public void close() {
    held.forEach(one -> one.places().release(one.count()));
    held.clear();
  }
}
