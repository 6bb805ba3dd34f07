package io.llamamesh.http;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Watches of a {@link BoundedHttpServer} as server-sent events: each event's data is one whole JSON
 * document.
 *
 * <p><b>Guarantees</b>
 *
 * <ul>
 *   <li>The first event is what is now. What follows is the newest each time: a slow reader misses
 *       what came between, never the last.
 *   <li>A line arrives at least every {@link #KEEP_ALIVE}: an event, or a comment.
 *   <li>A reader that does not take an event within {@link #STALL} is cut and counted; one that is
 *       slow waits for itself alone.
 *   <li>There are at most as many watches as were given; more are refused and counted.
 *   <li>A watch ends in order after {@link #MAX_LIFE}, before the server's limit of time would cut
 *       it; its reader connects again. It ends at once with the server's threads.
 * </ul>
 *
 * <p>A watch runs on the thread that serves its request, which is to be a virtual one. Thread-safe.
 * {@link #close} ends the one thread of its own, which it has while something is written.
 */
public final class EventStreams implements AutoCloseable {
  /** Media type of a watch. */
  public static final String CONTENT_TYPE = "text/event-stream";

  /** Longest time between two lines. */
  public static final Duration KEEP_ALIVE = Duration.ofSeconds(1);

  /** Time in which a reader must take an event. */
  public static final Duration STALL = Duration.ofSeconds(5);

  /** Longest life of a watch; somewhat shorter by chance, so that not all end at once. */
  public static final Duration MAX_LIFE =
      Duration.ofSeconds(BoundedHttpServer.MAX_RESPONSE_SECONDS - 10L);

  /** Seconds in which a client that was refused may ask again. */
  public static final String RETRY_AFTER_SECONDS = "2";

  private static final byte[] COMMENT = ":\n\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] BEGIN = "data: ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] END = "\n\n".getBytes(StandardCharsets.US_ASCII);
  private static final long LIFE_SPREAD = TimeUnit.SECONDS.toNanos(10);

  private final Semaphore places;
  private final int most;
  private final Duration stall;
  private final ScheduledThreadPoolExecutor limits;
  private final LongAdder refused = new LongAdder();
  private final LongAdder cut = new LongAdder();
  private final LongAdder sent = new LongAdder();

  /** The documents of one watch, in their order. */
  @FunctionalInterface
  public interface Feed {
    /**
     * Waits for the next document.
     *
     * @param patience longest wait
     * @return UTF-8 without line ends; null where there is nothing new
     * @throws IOException where there will be no more
     */
    byte @Nullable [] next(Duration patience) throws IOException, InterruptedException;
  }

  /** Watches of a server, at most so many at a time. */
  public EventStreams(int most) {
    this(most, STALL);
  }

  EventStreams(int most, Duration stall) {
    this.most = most;
    this.stall = stall;
    this.places = new Semaphore(most);
    this.limits =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("watch-limits").factory());
    limits.setRemoveOnCancelPolicy(true);
    limits.setKeepAliveTime(1, TimeUnit.SECONDS);
    limits.allowCoreThreadTimeOut(true);
  }

  /** True when no more watches are taken at the moment; counts the one that is refused for it. */
  public boolean isRefusing() {
    boolean full = places.availablePermits() == 0;
    if (full) {
      refused.increment();
    }
    return full;
  }

  /**
   * Serves a watch until it ends.
   *
   * @param exchange a request whose answer has not begun; headers that were set stay
   * @param first the first event, UTF-8 without line ends
   * @return false where there are too many; nothing is answered then
   * @throws IOException where the reader went away or was cut
   */
  public boolean tryServe(HttpExchange exchange, byte[] first, Feed feed) throws IOException {
    if (!places.tryAcquire()) {
      refused.increment();
      return false;
    }
    try {
      serve(exchange, first, feed);
    } finally {
      places.release();
    }
    return true;
  }

  private void serve(HttpExchange exchange, byte[] first, Feed feed) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", CONTENT_TYPE);
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    exchange.sendResponseHeaders(200, 0);
    long end =
        System.nanoTime() + MAX_LIFE.toNanos() - ThreadLocalRandom.current().nextLong(LIFE_SPREAD);
    try (OutputStream out = exchange.getResponseBody()) {
      write(out, first);
      while (System.nanoTime() - end < 0) {
        byte @Nullable [] next;
        try {
          next = feed.next(KEEP_ALIVE);
        } catch (IOException e) {
          return; // whoever asks again is answered why
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return;
        }
        write(out, next);
      }
    }
  }

  private void write(OutputStream out, byte @Nullable [] document) throws IOException {
    Thread writer = Thread.currentThread();
    // Closes the socket on which the thread waits.
    Future<?> limit =
        limits.schedule(
            () -> {
              cut.increment();
              writer.interrupt();
            },
            stall.toNanos(),
            TimeUnit.NANOSECONDS);
    try {
      if (document == null) {
        out.write(COMMENT);
      } else {
        out.write(BEGIN);
        out.write(document);
        out.write(END);
        sent.increment();
      }
      out.flush();
    } finally {
      limit.cancel(false);
    }
  }

  /** Watches that are open. */
  public int open() {
    return most - places.availablePermits();
  }

  /** Watches that were refused since there were too many. */
  public long refused() {
    return refused.sum();
  }

  /** Watches whose readers did not take an event in time. */
  public long cut() {
    return cut.sum();
  }

  /** Events that were sent. */
  public long sent() {
    return sent.sum();
  }

  @Override
  public void close() {
    limits.shutdownNow();
  }
}
