package io.llamamesh.scraper.pull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** The places that one request has, until it is closed; for the thread that asks. */
final class Places implements AutoCloseable {
  private final List<Taken> taken = new ArrayList<>(3);

  private record Taken(Semaphore places, int count) {}

  /** Waits for one, however long; to be used where all who have one give it back soon. */
  void take(Semaphore places) throws InterruptedException {
    places.acquire();
    taken.add(new Taken(places, 1));
  }

  /** Whether it got one in time. */
  boolean take(Semaphore places, Duration patience) throws InterruptedException {
    return take(places, 1, patience);
  }

  /** Whether it got so many in time. */
  boolean take(Semaphore places, int count, Duration patience) throws InterruptedException {
    boolean got = places.tryAcquire(count, Math.max(0, patience.toMillis()), TimeUnit.MILLISECONDS);
    if (got) {
      taken.add(new Taken(places, count));
    }
    return got;
  }

  /** Exchanges all of one kind for as many of another; whether there were so many, at once. */
  boolean exchange(Semaphore from, Semaphore to) {
    int count = taken.stream().filter(one -> one.places() == from).mapToInt(Taken::count).sum();
    if (!to.tryAcquire(count)) {
      return false;
    }
    taken.removeIf(one -> one.places() == from);
    from.release(count);
    taken.add(new Taken(to, count));
    return true;
  }

  /** Gives all back but those of that kind. */
  void giveBackAllBut(Semaphore kept) {
    taken.removeIf(one -> {
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
    taken.forEach(one -> one.places().release(one.count()));
    taken.clear();
  }
}
