package io.llamamesh.scraper.run;

import io.llamamesh.scraper.cluster.CursorStore;
import io.llamamesh.scraper.cluster.Leadership;
import io.llamamesh.scraper.pull.AgentPulls;
import java.util.concurrent.Semaphore;

/**
 * Transitions between leading and standing by: as leader the pulls store from the last leader's
 * bookmarks on; when another scraper leads they stop.
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

  LeaderTransitions(Leadership leadership, CursorStore cursors, AgentPulls pulls) {
    this.leadership = leadership;
    this.cursors = cursors;
    this.pulls = pulls;
  }

  /** Joins the election; a single scraper leads at once. */
  void start() {
    if (leadership.isLeader()) {
      writing = true;
      return;
    }
    pulls.standBy();
    var _ = Thread.ofVirtual().name("leader-transitions").start(this::run);
    leadership.start(changes::release);
  }

  /** True if this scraper leads and has the last leader's bookmarks. */
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
