package io.llamamesh.scraper.run;

import io.llamamesh.scraper.cluster.CursorStore;
import io.llamamesh.scraper.cluster.Leadership;
import io.llamamesh.scraper.pull.AgentPulls;
import java.util.concurrent.Semaphore;

/**
 * Does what leading asks for: stores from where the last leader left off, and stops when another
 * one leads.
 *
 * <p>Owns one thread, since bookmarks are read from the cluster; {@link #close} ends it.
 */
final class LeaderTransitions implements AutoCloseable {
  private final Leadership leadership;
  private final CursorStore cursors;
  private final AgentPulls pulls;
  private final Semaphore changes = new Semaphore(0);
  private volatile boolean writing;
  private volatile boolean closed;

  LeaderTransitions(Leadership leadership, CursorStore kept, AgentPulls pulls) {
    this.leadership = leadership;
    this.cursors = kept;
    this.pulls = pulls;
  }

  /** Starts to take part; a scraper without others leads at once. */
  void start() {
    if (leadership.isLeader()) {
      writing = true;
      return;
    }
    pulls.standBy();
    var _ = Thread.ofVirtual().name("duty").start(this::run);
    leadership.start(changes::release);
  }

  /** Whether it leads and knows what the last leader knew. */
  boolean isWriting() {
    return writing;
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
        if (leadership.isLeader()) {
          pulls.lead(CursorPersister.load(cursors));
          writing = true;
        } else {
          writing = false;
          pulls.standBy();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
