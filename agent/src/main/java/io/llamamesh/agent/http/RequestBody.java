package io.llamamesh.agent.http;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Reader of requests' bodies: each has a bound, and all that are read at one time share another, so
 * that many large ones cannot fill the heap.
 */
final class RequestBody {

  private static final int UNIT = 1 << 10;

  /** Bodies up to this size need no share: places bound how many there are. */
  private static final int SMALL_BYTES = 16 << 10;

  /** Longest wait for a share, while the body waits in the socket. */
  private static final long PATIENCE_MILLIS = 2_000;

  private final Semaphore free;
  private final LongAdder refused = new LongAdder();

  /**
   * A body that was read, and its share of the memory until it is closed.
   *
   * @param bytes what was sent
   * @param release gives the share back
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared, never changed.
  record Held(byte[] bytes, Runnable release) implements AutoCloseable {
    @Override
    public void close() {
      release.run();
    }
  }

  /**
   * A reader.
   *
   * @param totalBytes bound of all bodies that are held at one time
   */
  RequestBody(long totalBytes) {
    this.free = new Semaphore((int) Math.ceilDiv(totalBytes, UNIT), true);
  }

  /**
   * Reads a request's body.
   *
   * @param max its bound
   * @throws RequestException 413 beyond the bound, 429 while others' bodies fill the memory, 400
   *     where it ends early
   */
  Held read(HttpExchange exchange, int max) throws RequestException {
    long announced = announced(exchange);
    if (announced > max) {
      throw tooLarge(max);
    }
    // One of unknown length may turn out as large as is allowed.
    int bytes = announced < 0 ? max : (int) announced;
    int units = bytes <= SMALL_BYTES ? 0 : Math.ceilDiv(bytes, UNIT) + 1;
    if (!tryAcquire(units)) {
      refused.increment();
      throw new RequestException(429, "too many large requests at once, try again");
    }
    try {
      byte[] read = exchange.getRequestBody().readNBytes(max + 1);
      if (read.length > max) {
        throw tooLarge(max);
      }
      return new Held(read, () -> free.release(units));
    } catch (IOException e) {
      free.release(units);
      throw new RequestException(400, "the body ends early");
    } catch (RequestException | RuntimeException e) {
      free.release(units);
      throw e;
    }
  }

  private boolean tryAcquire(int units) throws RequestException {
    try {
      return units == 0 || free.tryAcquire(units, PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RequestException(503, "the agent is stopping");
    }
  }

  /** Requests that found no room for their bodies. */
  long refused() {
    return refused.sum();
  }

  private static long announced(HttpExchange exchange) throws RequestException {
    String length = exchange.getRequestHeaders().getFirst("Content-Length");
    try {
      return length == null ? -1 : Long.parseLong(length);
    } catch (NumberFormatException e) {
      throw new RequestException(400, "Content-Length is no number");
    }
  }

  private static RequestException tooLarge(int max) {
    return new RequestException(413, "a body of more than " + max + " bytes");
  }
}
