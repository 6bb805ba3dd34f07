package io.llamamesh.client;

import io.llamamesh.client.ClientException.Kind;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A watch of one document of one server, by server-sent events, until it is closed.
 *
 * <p><b>Guarantees</b>
 *
 * <ul>
 *   <li>The last change is never missed while the server answers; those between may be.
 *   <li>A connection that the server ends in order is made again at once. One that fails is made
 *       again after a pause that doubles from {@link #FIRST_PAUSE} to {@link #LONGEST_PAUSE}, by
 *       chance a quarter more or less, and begins anew with a document that is one.
 *   <li>A server that says nothing for {@link #SILENCE}, or begins a line and does not end it in
 *       that time, counts as gone.
 *   <li>An event has at most {@code maxBytes} of the client's options; two are in memory at most.
 *   <li>Owns one virtual thread, which {@link #close}, or its client's, ends; the listener is not
 *       called after it, but for a call that runs. A listener that throws ends its watch.
 * </ul>
 */
public final class DocumentWatch implements AutoCloseable {
  /** Longest time without a line: servers of ours send one each second. */
  public static final Duration SILENCE = Duration.ofSeconds(3);

  /** Pause after the first failure. */
  public static final Duration FIRST_PAUSE = Duration.ofMillis(200);

  /** Longest pause between two tries. */
  public static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  /** A server that ends each connection in order at once must not be asked in a loop. */
  private static final long LEAST_LIFE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final DocumentReader documents;
  private final URI server;
  private final String path;
  private final Taker taker;
  private final Duration silence;
  private final Thread thread;
  private final AtomicLong connections = new AtomicLong();
  private volatile boolean isClosed;
  private volatile @Nullable EventBody open;
  private volatile @Nullable HttpHeaders headers;

  /** Taker of raw documents. */
  interface Taker {
    void take(byte[] document) throws ClientException;

    void failed(ClientException failure);
  }

  DocumentWatch(DocumentReader documents, URI server, String path, Taker taker, Duration silence) {
    this.documents = documents;
    this.server = server;
    this.path = path;
    this.taker = taker;
    this.silence = silence;
    this.thread = Thread.ofVirtual().name("watch " + path).unstarted(this::run);
  }

  DocumentWatch start() {
    thread.start();
    return this;
  }

  private void run() {
    long pause = FIRST_PAUSE.toNanos();
    try {
      while (!isClosed) {
        long began = System.nanoTime();
        boolean isWell = tryOnce();
        boolean isShort = System.nanoTime() - began < LEAST_LIFE_NANOS;
        if (isWell && !isShort) {
          pause = FIRST_PAUSE.toNanos();
          continue;
        }
        long spread = pause / 4;
        TimeUnit.NANOSECONDS.sleep(
            pause - spread + ThreadLocalRandom.current().nextLong(2 * spread));
        pause = Math.min(2 * pause, LONGEST_PAUSE.toNanos());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    } finally {
      documents.ended(this);
    }
  }

  /** One connection; true where a document came and the server ended it in order. */
  private boolean tryOnce() throws InterruptedException {
    boolean hasDocument = false;
    try {
      DocumentReader.Stream stream = documents.stream(server, path);
      EventBody body = stream.body();
      open = body;
      headers = stream.headers();
      connections.incrementAndGet();
      try {
        while (!isClosed) {
          byte @Nullable [] document = next(body);
          if (document == null) {
            return hasDocument;
          }
          taker.take(document);
          hasDocument = true;
        }
      } finally {
        open = null;
        body.close();
      }
    } catch (ClientException e) {
      if (!isClosed) {
        taker.failed(e);
      }
    }
    return false;
  }

  private byte @Nullable [] next(EventBody body) throws ClientException, InterruptedException {
    try {
      return body.next(silence.toNanos(), TimeUnit.NANOSECONDS);
    } catch (IOException e) {
      throw documents.failure(server, e);
    }
  }

  /** Connections that were answered with a stream. */
  public long connections() {
    return connections.get();
  }

  /** Time since the last whole line of a connection that is open; null while none is. */
  public @Nullable Duration age() {
    EventBody body = open;
    return body == null ? null : Duration.ofNanos(Math.max(0, System.nanoTime() - body.lastLine()));
  }

  /** A header of the newest connection; null without one. */
  public @Nullable String header(String name) {
    HttpHeaders known = headers;
    return known == null ? null : known.firstValue(name).orElse(null);
  }

  /** Ends the watch and its connection; does not wait for a listener that runs. */
  @Override
  public void close() {
    isClosed = true;
    thread.interrupt();
    EventBody body = open;
    if (body != null) {
      body.close();
    }
  }

  static ClientException malformed(URI server, String what, IOException cause) {
    return new ClientException(
        Kind.MALFORMED, 200, server + " answers something else than " + what, cause);
  }
}
