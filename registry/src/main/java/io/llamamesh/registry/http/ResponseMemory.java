package io.llamamesh.registry.http;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Heap that long answers may take together while they are made and sent, however slowly they are
 * read. Thread-safe; who waits is served in turn.
 */
final class ResponseMemory {
  private static final int UNIT = 1 << 10;

  private final int units;
  private final long patienceMillis;
  private final Semaphore free;

  /**
   * @param bytes all that may be taken
   * @param patienceMillis how long one may wait for its share
   */
  ResponseMemory(long bytes, long patienceMillis) {
    this.units = Math.toIntExact(Math.max(1, bytes / UNIT));
    this.patienceMillis = patienceMillis;
    this.free = new Semaphore(units, true);
  }

  /** A share, until it is closed; closing it twice does no harm. Not thread-safe. */
  static final class Share implements AutoCloseable {
    static final Share NONE = new Share(new Semaphore(0), 0);

    private final Semaphore from;
    private int taken;

    private Share(Semaphore from, int taken) {
      this.from = from;
      this.taken = taken;
    }

    /** Gives back what is beyond these bytes. */
    void shrink(long bytes) {
      int needed = (int) Math.min(taken, bytes / UNIT + 1);
      from.release(taken - needed);
      taken = needed;
    }

    @Override
    public void close() {
      from.release(taken);
      taken = 0;
    }
  }

  /**
   * Takes a share.
   *
   * @param bytes where they are more than there are in all, all are taken
   * @return null where it did not become free in time
   */
  @Nullable Share take(long bytes) {
    int wanted = (int) Math.min(units, bytes / UNIT + 1);
    try {
      return free.tryAcquire(wanted, patienceMillis, TimeUnit.MILLISECONDS)
          ? new Share(free, wanted)
          : null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }
}
