package io.llamamesh.scraper.main;

import io.llamamesh.scraper.cluster.CursorStore;
import io.llamamesh.scraper.cluster.Leadership;
import io.llamamesh.scraper.pull.Pulls;
import java.util.concurrent.Semaphore;

/**
 * Does what leading asks for: stores from where the last leader left off, and stops when another
 * one leads.
 *
 * <p>Owns one thread, since bookmarks are read from the cluster; {@link #close} ends it.
 */
final class Duty implements AutoCloseable {
  private final Leadership leadership;
  private final CursorStore kept;
  private final Pulls pulls;
  private final Semaphore changes = new Semaphore(0);
  private volatile boolean writes;
  private volatile boolean closed;

  Duty(Leadership leadership, CursorStore kept, Pulls pulls) {
    this.leadership = leadership;
    this.kept = kept;
    this.pulls = pulls;
  }

  /** Starts to take part; a scraper without others leads at once. */
  void start() {
    if (leadership.leads()) {
      writes = true;
      return;
    }
    pulls.follow();
    var _ = Thread.ofVirtual().name("duty").start(this::run);
    leadership.start(changes::release);
  }

  /** Whether it leads and knows what the last leader knew. */
  boolean writes() {
    return writes;
  }

  @Override
  public void close() {
    closed = true;
    changes.release();
    leadership.close();
  }

  private void run() {
    try {
      while (true) {
        changes.acquire();
        changes.drainPermits();
        if (closed) {
          return;
        }
        if (leadership.leads()) {
          pulls.lead(CursorKeeping.load(kept));
          writes = true;
        } else {
          writes = false;
          pulls.follow();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
