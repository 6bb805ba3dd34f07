package io.llamamesh.scraper.pull;

import io.llamamesh.scraper.pull.AgentClient.AnswerTooLargeException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Reads bodies, few at once, so that a thousand answers which come together fit into memory, and so
 * that those which stall delay nobody: where packets are lost on the way from many nodes, the
 * others' windows are wanted most.
 *
 * <p>Who has sent nothing of its body yet has no place. Who has gets a quick one, but only for a
 * moment; what is not complete then goes on in one of few slow places, or is given up. Half of the
 * memory is for the quick alone: slow ones, however large, never keep others from being read.
 * Thread-safe.
 */
final class BodyReader {
  /** What is read at a time; all that a body takes of memory beyond its place. */
  private static final int CHUNK = 64 << 10;

  private static final int KIB = 1 << 10;

  private final Limits limits;
  private final ExecutorService threads;
  private final Semaphore quick;
  private final Semaphore slow;
  private final Semaphore waitingKib;
  private final Semaphore quickKib;
  private final Semaphore slowKib;

  /**
   * How much at once.
   *
   * @param quick bodies that are being read
   * @param quickTime how long one of them is
   * @param slow bodies that took longer
   * @param waitingBytes what those together hold that wait for a slow place
   * @param maxBytes of a body
   * @param allBytes of all bodies together until their points have been taken: half of that for
   *     quick ones, half for slow ones, neither less than one body
   */
  record Limits(
      int quick, Duration quickTime, int slow, int waitingBytes, int maxBytes, int allBytes) {
    /** As points, and as lines for the store, an answer takes some five times as much. */
    private static final int SHARE_OF_ALL = 16;

    private static final int SHARE_OF_ONE = 48;

    private static final int LEAST_BODY = 4 << 20;
    private static final int LARGEST_BODY = 32 << 20;

    static final Limits DEFAULT = of(Runtime.getRuntime().maxMemory());

    Limits(int quick, Duration moment, int slow, int waitingBytes, int maxBytes) {
      this(quick, moment, slow, waitingBytes, maxBytes, 2 * (quick + slow) * maxBytes);
    }

    /** For a heap: a sixteenth of it for bodies, of which one fits into either half. */
    static Limits of(long heapBytes) {
      int one = Math.clamp(heapBytes / SHARE_OF_ONE, LEAST_BODY, LARGEST_BODY);
      int all = Math.clamp(heapBytes / SHARE_OF_ALL, 2 * LEAST_BODY, Integer.MAX_VALUE);
      return new Limits(16, Duration.ofMillis(300), 8, 8 << 20, one, all);
    }
  }

  /**
   * @param threads a thread for every reading: a stream has no timeout
   */
  BodyReader(Limits limits, ExecutorService threads) {
    this.limits = limits;
    this.threads = threads;
    this.quick = new Semaphore(limits.quick());
    this.slow = new Semaphore(limits.slow());
    this.waitingKib = new Semaphore(limits.waitingBytes() / KIB);
    this.quickKib = new Semaphore(limits.allBytes() / 2 / KIB, true);
    this.slowKib = new Semaphore(limits.allBytes() / 2 / KIB, true);
  }

  /**
   * Reads to the end.
   *
   * @param timeout for all of it but the wait for a quick place, which is not the agent's fault
   * @param places gets the body's place, to be kept while the body is; loses those that it has when
   *     the body is slow
   * @throws IOException where it did not come in time, or there was no place for it
   */
  byte[] read(InputStream stream, Duration timeout, Permits places)
      throws IOException, InterruptedException {
    long asked = System.nanoTime();
    Future<byte[]> next = threads.submit(() -> stream.readNBytes(1));
    try {
      byte[] first = within(next, timeout, timeout);
      Duration left = timeout.minusNanos(System.nanoTime() - asked);
      places.acquire(quick);
      long began = System.nanoTime();
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      body.writeBytes(first);
      boolean isSlow = false;
      next = threads.submit(() -> stream.readNBytes(CHUNK));
      while (true) {
        Duration until = isSlow ? left : min(left, limits.quickTime());
        byte[] chunk;
        try {
          chunk = get(next, until.minusNanos(System.nanoTime() - began));
        } catch (TimeoutException e) {
          if (isSlow) {
            throw late(timeout, e);
          }
          isSlow = true;
          moveToSlow(body.size(), left.minusNanos(System.nanoTime() - began), places);
          continue;
        }
        if (body.size() + chunk.length > limits.maxBytes()) {
          throw new AnswerTooLargeException(
              "answer is larger than " + limits.maxBytes() + " bytes");
        }
        int kib = kib(chunk.length);
        if (!isSlow
            && !places.acquire(
                quickKib,
                kib,
                min(left, limits.quickTime()).minusNanos(System.nanoTime() - began))) {
          // Nobody waits for memory in a quick place, or those behind would wait, too.
          isSlow = true;
          moveToSlow(body.size(), left.minusNanos(System.nanoTime() - began), places);
        }
        if (isSlow && !places.acquire(slowKib, kib, left.minusNanos(System.nanoTime() - began))) {
          throw new IOException("answers much, as too many others do");
        }
        body.writeBytes(chunk);
        if (chunk.length < CHUNK) {
          return body.toByteArray();
        }
        next = threads.submit(() -> stream.readNBytes(CHUNK));
      }
    } finally {
      next.cancel(true);
    }
  }

  private void moveToSlow(int bytes, Duration patience, Permits places)
      throws IOException, InterruptedException {
    places.releaseAllBut(quickKib);
    if (!places.tryExchange(quickKib, slowKib)) {
      throw new IOException("answers slowly, as too many others do");
    }
    int kib = kib(bytes + CHUNK);
    boolean got = places.acquire(slow, Duration.ZERO);
    if (!got && waitingKib.tryAcquire(kib)) {
      try {
        got = places.acquire(slow, patience);
      } finally {
        waitingKib.release(kib);
      }
    }
    if (!got) {
      throw new IOException("answers slowly, as too many others do");
    }
  }

  private static int kib(int bytes) {
    return (bytes + KIB - 1) / KIB;
  }

  private static byte[] within(Future<byte[]> read, Duration patience, Duration timeout)
      throws IOException, InterruptedException {
    try {
      return get(read, patience);
    } catch (TimeoutException e) {
      throw late(timeout, e);
    }
  }

  private static byte[] get(Future<byte[]> read, Duration patience)
      throws IOException, InterruptedException, TimeoutException {
    try {
      return read.get(Math.max(0, patience.toNanos()), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw AgentClient.failure(e);
    }
  }

  private static IOException late(Duration timeout, TimeoutException e) {
    return new IOException("no whole answer within " + timeout.toMillis() + " ms", e);
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }
}
