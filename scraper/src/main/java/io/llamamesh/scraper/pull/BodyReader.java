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
 * Reader of HTTP bodies, few at once, so that a thousand answers at the same time fit into memory,
 * and so that stalled ones delay no others: when packets from many nodes are lost, the other nodes'
 * windows matter most.
 *
 * <p>A body of which no byte has arrived needs no permit. With its first byte it gets a quick one
 * for a short time; after that it continues with one of few slow permits, or is given up. Half of
 * the memory is for quick bodies alone: slow ones, however large, never block them. Thread-safe.
 */
final class BodyReader {
  /** Bytes per read: all the memory that a body takes beyond its permits. */
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
   * Limits of concurrent bodies and of their memory.
   *
   * @param quick quick bodies at once
   * @param quickTime time after which a body counts as slow
   * @param slow slow bodies at once
   * @param waitingBytes bytes held by all bodies that wait for a slow permit
   * @param maxBytes of a body
   * @param allBytes of all bodies together until their points are processed: half of it for quick
   *     bodies, half for slow ones, neither less than one body
   */
  record Limits(
      int quick, Duration quickTime, int slow, int waitingBytes, int maxBytes, int allBytes) {
    /**
     * Divisor of the heap for all bodies: as points and lines an answer takes some five times as
     * much.
     */
    private static final int SHARE_OF_ALL = 16;

    private static final int SHARE_OF_ONE = 48;

    private static final int LEAST_BODY = 4 << 20;
    private static final int LARGEST_BODY = 32 << 20;

    static final Limits DEFAULT = of(Runtime.getRuntime().maxMemory());

    Limits(int quick, Duration moment, int slow, int waitingBytes, int maxBytes) {
      this(quick, moment, slow, waitingBytes, maxBytes, 2 * (quick + slow) * maxBytes);
    }

    /** Limits for a heap: a sixteenth of it for bodies, of which one fits into either half. */
    static Limits of(long heapBytes) {
      int one = Math.clamp(heapBytes / SHARE_OF_ONE, LEAST_BODY, LARGEST_BODY);
      int all = Math.clamp(heapBytes / SHARE_OF_ALL, 2 * LEAST_BODY, Integer.MAX_VALUE);
      return new Limits(16, Duration.ofMillis(300), 8, 8 << 20, one, all);
    }
  }

  /**
   * @param threads one thread per read: a stream has no timeout
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
   * Reads a body to its end.
   *
   * @param timeout for all of it but the wait for a quick permit, which is not the agent's fault
   * @param permits receives the body's permits, to be held as long as the body; loses its earlier
   *     ones when the body is slow
   * @throws IOException if it did not arrive in time, or no permit was free
   */
  byte[] read(InputStream stream, Duration timeout, Permits permits)
      throws IOException, InterruptedException {
    long started = System.nanoTime();
    Future<byte[]> next = threads.submit(() -> stream.readNBytes(1));
    try {
      byte[] first = within(next, timeout, timeout);
      Duration left = timeout.minusNanos(System.nanoTime() - started);
      permits.acquire(quick);
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
          moveToSlow(body.size(), left.minusNanos(System.nanoTime() - began), permits);
          continue;
        }
        if (body.size() + chunk.length > limits.maxBytes()) {
          throw new AnswerTooLargeException(
              "answer is larger than " + limits.maxBytes() + " bytes");
        }
        int kib = kib(chunk.length);
        if (!isSlow
            && !permits.tryAcquire(
                quickKib,
                kib,
                min(left, limits.quickTime()).minusNanos(System.nanoTime() - began))) {
          // A quick body does not wait for memory, or all behind it would wait too.
          isSlow = true;
          moveToSlow(body.size(), left.minusNanos(System.nanoTime() - began), permits);
        }
        if (isSlow
            && !permits.tryAcquire(slowKib, kib, left.minusNanos(System.nanoTime() - began))) {
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

  private void moveToSlow(int bytes, Duration patience, Permits permits)
      throws IOException, InterruptedException {
    permits.releaseAllBut(quickKib);
    if (!permits.tryExchange(quickKib, slowKib)) {
      throw new IOException("answers slowly, as too many others do");
    }
    int kib = kib(bytes + CHUNK);
    boolean acquired = permits.tryAcquire(slow, Duration.ZERO);
    if (!acquired && waitingKib.tryAcquire(kib)) {
      try {
        acquired = permits.tryAcquire(slow, patience);
      } finally {
        waitingKib.release(kib);
      }
    }
    if (!acquired) {
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
