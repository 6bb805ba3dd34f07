package io.llamamesh.agent.http;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Heap that requests to the replicated store may take together, so that many large values at one
 * time are refused, not fatal. What is carried while somebody waits, for the disk or for a slow
 * reader, has one part of it, an eighth of the heap; what is decoded meanwhile has another one,
 * which nobody keeps while it waits. Thread-safe.
 */
final class StoreMemory {

  /** Longest wait of a request for its share. */
  static final Duration PATIENCE = Duration.ofSeconds(2);

  /** Size below which nothing is counted: places bound how many there are. */
  static final int SMALL_BYTES = 8 << 10;

  /** Most that a decoded value takes, by its encoded bytes: a set of elements of a few bytes. */
  private static final int DECODED = 28;

  private static final int UNIT = 1 << 10;
  private static final long DECODING_MILLIS = 5_000;

  private final int mostCarried;
  private final int mostDecoded;
  private final Semaphore carried;
  private final Semaphore decoded;
  private final LongAdder refused = new LongAdder();

  /** The parts of a heap. */
  StoreMemory(long heapBytes) {
    mostCarried = Math.clamp(heapBytes / 8 / UNIT, 1, 1 << 16);
    mostDecoded = Math.clamp(heapBytes / 6 / UNIT, 1, 1 << 16);
    carried = new Semaphore(mostCarried, true);
    decoded = new Semaphore(mostDecoded, true);
  }

  /** Work with something decoded. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws RequestException;
  }

  /** Requests that got no share in time. */
  long refused() {
    return refused.sum();
  }

  /** What one request carries; nothing at first. */
  final class Share implements AutoCloseable {
    private int units;

    /**
     * Makes it as large as what is carried from now on.
     *
     * @return false when there is no room in time; it is as large as before then
     */
    private synchronized boolean tryResize(long bytes, Duration patience)
        throws InterruptedException {
      int wanted =
          bytes <= SMALL_BYTES ? 0 : (int) Math.min(mostCarried, Math.ceilDiv(bytes, UNIT));
      if (wanted <= units) {
        carried.release(units - wanted);
      } else if (!carried.tryAcquire(wanted - units, patience.toNanos(), TimeUnit.NANOSECONDS)) {
        refused.increment();
        return false;
      }
      units = wanted;
      return true;
    }

    /**
     * Makes it as large as what is carried from now on.
     *
     * @throws RequestException 429 when there is no room in time
     */
    void resize(long bytes, Duration patience) throws RequestException {
      try {
        if (!tryResize(bytes, patience)) {
          throw tooMany();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw stopping();
      }
    }

    @Override
    public synchronized void close() {
      carried.release(units);
      units = 0;
    }
  }

  /** A share of what is carried, to be closed. */
  Share share() {
    return new Share();
  }

  /**
   * Decodes a value and does something with it that waits for nobody.
   *
   * @param encodedBytes its size
   * @throws RequestException 429 when there is no room in time
   */
  <T> T decoding(long encodedBytes, Work<T> work) throws RequestException {
    int units = (int) Math.min(mostDecoded, Math.ceilDiv(encodedBytes * DECODED, UNIT));
    try {
      if (!decoded.tryAcquire(units, DECODING_MILLIS, TimeUnit.MILLISECONDS)) {
        refused.increment();
        throw tooMany();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw stopping();
    }
    try {
      return work.run();
    } finally {
      decoded.release(units);
    }
  }

  private static RequestException tooMany() {
    return new RequestException(429, "too many large requests at once, try again");
  }

  private static RequestException stopping() {
    return new RequestException(503, "the agent is stopping");
  }
}
