package io.llamamesh.scraper.main;

import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.cluster.CursorStore;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Saves cursors once a minute and at the end, so that a restart reads a minute again, not an hour.
 *
 * <p>Owns one thread, which ends with {@link #close}.
 */
final class CursorKeeping implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CursorKeeping.class);
  private static final Duration EVERY = Duration.ofMinutes(1);

  private final CursorStore store;
  private final Supplier<Map<String, WindowCursor>> cursors;
  private final CountDownLatch closed = new CountDownLatch(1);
  private Map<String, WindowCursor> saved = Map.of();
  private boolean failing;

  CursorKeeping(CursorStore store, Supplier<Map<String, WindowCursor>> cursors) {
    this.store = store;
    this.cursors = cursors;
  }

  /** What was saved; nothing where it cannot be read, which costs reading again. */
  static Map<String, WindowCursor> load(CursorStore store) {
    try {
      return store.load();
    } catch (RuntimeException e) {
      LOG.warn(
          "cursors cannot be read, agents are read from their beginning error={}", e.getMessage());
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
      while (!closed.await(EVERY.toSeconds(), TimeUnit.SECONDS)) {
        save();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void save() {
    Map<String, WindowCursor> now = cursors.get();
    if (store == CursorStore.NONE || now.equals(saved)) {
      return;
    }
    try {
      store.save(now);
      saved = now;
      failing = false;
    } catch (RuntimeException e) {
      if (!failing) {
        LOG.warn("cursors cannot be saved error={}", e.getMessage());
      }
      failing = true;
    }
  }
}
