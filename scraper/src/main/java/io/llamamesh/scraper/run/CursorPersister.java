package io.llamamesh.scraper.run;

import io.llamamesh.scraper.cluster.Bookmark;
import io.llamamesh.scraper.cluster.CursorStore;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Persister of bookmarks: saves them once a minute and at the end while this scraper leads, so that
 * a restart or another scraper reads a minute again, not an hour.
 *
 * <p>Owns one thread, which ends with {@link #close}.
 */
final class CursorPersister implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CursorPersister.class);
  private static final Duration SAVE_INTERVAL = Duration.ofMinutes(1);

  private final CursorStore store;
  private final Supplier<Map<String, Bookmark>> bookmarks;
  private final BooleanSupplier leads;
  private final CountDownLatch closed = new CountDownLatch(1);
  private Map<String, Bookmark> saved = Map.of();
  private boolean failing;

  CursorPersister(
      CursorStore store, Supplier<Map<String, Bookmark>> bookmarks, BooleanSupplier leads) {
    this.store = store;
    this.bookmarks = bookmarks;
    this.leads = leads;
  }

  /** Loads the saved bookmarks; none if they cannot be read, which only costs reading again. */
  static Map<String, Bookmark> load(CursorStore store) {
    try {
      return store.load();
    } catch (RuntimeException e) {
      LOG.warn("cursors not loaded, reading all that agents retain error={}", e.getMessage());
      return Map.of();
    }
  }

  void start() {
    if (store != CursorStore.NONE) {
      var _ = Thread.ofVirtual().name("cursors").start(this::run);
    }
  }

  @Override
  public void close() {
    closed.countDown();
    save();
  }

  private void run() {
    try {
      while (!closed.await(SAVE_INTERVAL.toSeconds(), TimeUnit.SECONDS)) {
        save();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void save() {
    // Another leader's bookmarks are further than ours.
    if (store == CursorStore.NONE || !leads.getAsBoolean()) {
      return;
    }
    Map<String, Bookmark> now = bookmarks.get();
    if (now.equals(saved)) {
      return;
    }
    try {
      store.save(now);
      saved = now;
      failing = false;
    } catch (RuntimeException e) {
      if (!failing) {
        LOG.warn("cursors not saved error={}", e.getMessage());
      }
      failing = true;
    }
  }
}
