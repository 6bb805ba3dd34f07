package io.llamamesh.http;

import java.time.Duration;

/** A version that grows with each change, for those who wait for the next. Thread-safe. */
public final class ChangeSignal {
  private long version;

  /** Records a change; never waits for who is woken by it. */
  public synchronized void changed() {
    version++;
    notifyAll();
  }

  /** The number of changes so far. */
  public synchronized long version() {
    return version;
  }

  /**
   * Waits for a change.
   *
   * @param seen the version that is known
   * @param patience longest wait
   * @return the newest version, {@code seen} where there was no change in time
   */
  public synchronized long await(long seen, Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (version == seen) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        break;
      }
      wait(Math.max(1, left / 1_000_000));
    }
    return version;
  }
}
