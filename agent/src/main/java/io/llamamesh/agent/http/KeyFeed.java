package io.llamamesh.agent.http;

import io.llamamesh.fabric.store.Change;
import io.llamamesh.fabric.store.KeyPattern;
import io.llamamesh.fabric.store.StoreService;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Documents of one watch of the store: a key and its value each, first of all keys that are there,
 * then of each that changes. A key waits at most once, so a slow reader misses values in between,
 * never the last one. For one thread, but for {@link #run}.
 */
final class KeyFeed implements SharedStateApi.Watch, Runnable {

  private final KeyPattern pattern;
  private final Documents documents;
  private final StoreMemory.Share share;
  private final Semaphore word = new Semaphore(0);
  private StoreService.@Nullable Watch watch;
  private @Nullable Change delayed;

  /** Writer of changes as documents. */
  @FunctionalInterface
  interface Documents {
    ByteArrayOutputStream of(Change change) throws RequestException;
  }

  /**
   * A feed.
   *
   * @param share what the last document takes; the caller closes it
   */
  KeyFeed(KeyPattern pattern, Documents documents, StoreMemory.Share share) {
    this.pattern = pattern;
    this.documents = documents;
    this.share = share;
  }

  void begin(StoreService.Watch begun) {
    watch = begun;
  }

  /** The document before those of keys: so that a reader hears at once that it watches. */
  @Override
  public byte[] first() throws IOException {
    return StoreJson.mapper().writeValueAsBytes(Map.of("watching", pattern.toString()));
  }

  /** A key waits; the store's thread leaves word. */
  @Override
  public void run() {
    word.release();
  }

  @Override
  public byte @Nullable [] next(Duration patience) throws IOException, InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    share.close(); // the document before this one is out
    Change again = delayed;
    if (again != null) {
      return document(again);
    }
    do {
      word.drainPermits();
      List<Change> changes = poll();
      if (!changes.isEmpty()) {
        return document(changes.getFirst());
      }
    } while (word.tryAcquire(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS));
    return null;
  }

  private List<Change> poll() throws IOException, InterruptedException {
    try {
      return Objects.requireNonNull(watch).poll(1);
    } catch (TimeoutException e) {
      throw new IOException("the store does not answer: " + e.getMessage(), e);
    }
  }

  /** The document; null when there is no room for it now, and then it is the next one. */
  private byte @Nullable [] document(Change change) {
    try {
      byte[] document = documents.of(change).toByteArray();
      delayed = null;
      return document;
    } catch (RequestException e) {
      delayed = change;
      return null;
    }
  }

  @Override
  public void close() {
    if (watch != null) {
      watch.close();
    }
  }
}
