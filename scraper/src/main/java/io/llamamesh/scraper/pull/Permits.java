package io.llamamesh.scraper.pull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Semaphore permits that one request holds until it is closed. Not thread-safe: for the requesting
 * thread.
 */
final class Permits implements AutoCloseable {
  private final List<Held> held = new ArrayList<>(3);

  private record Held(Semaphore semaphore, int count) {}

  /** Acquires one permit, waiting without limit; only for semaphores whose holders release soon. */
  void acquire(Semaphore semaphore) throws InterruptedException {
    semaphore.acquire();
    held.add(new Held(semaphore, 1));
  }

  /** Acquires one permit within a time; false if there was none. */
  boolean tryAcquire(Semaphore semaphore, Duration patience) throws InterruptedException {
    return tryAcquire(semaphore, 1, patience);
  }

  /** Acquires permits within a time; false if there were too few. */
  boolean tryAcquire(Semaphore semaphore, int count, Duration patience)
      throws InterruptedException {
    boolean acquired =
        semaphore.tryAcquire(count, Math.max(0, patience.toMillis()), TimeUnit.MILLISECONDS);
    if (acquired) {
      held.add(new Held(semaphore, count));
    }
    return acquired;
  }

  /**
   * Exchanges all permits of one semaphore for as many of another, without waiting; false if there
   * were too few.
   */
  boolean tryExchange(Semaphore from, Semaphore to) {
    int count = held.stream().filter(one -> one.semaphore() == from).mapToInt(Held::count).sum();
    if (!to.tryAcquire(count)) {
      return false;
    }
    held.removeIf(one -> one.semaphore() == from);
    from.release(count);
    held.add(new Held(to, count));
    return true;
  }

  /** Releases all permits but those of that semaphore. */
  void releaseAllBut(Semaphore kept) {
    held.removeIf(one -> {
      boolean other = one.semaphore() != kept;
      if (other) {
        one.semaphore().release(one.count());
      }
      return other;
    });
  }

  /** Releases all permits. */
  @Override
  public void close() {
    held.forEach(one -> one.semaphore().release(one.count()));
    held.clear();
  }
}
