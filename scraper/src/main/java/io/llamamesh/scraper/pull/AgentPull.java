package io.llamamesh.scraper.pull;

import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.cluster.AgentEndpoint;
import io.llamamesh.scraper.cluster.Bookmark;
import io.llamamesh.scraper.matrix.AgentHealth;
import org.jspecify.annotations.Nullable;

/**
 * Poller and pump of one agent, each with a thread of its own, and their shared position.
 *
 * @param position state that both share
 * @param poller reads the agent, for the matrix
 * @param pump stores the agent's windows; null without a store
 */
record AgentPull(AgentPosition position, AgentPoller poller, @Nullable StorePump pump)
    implements AutoCloseable {

  /** Starts their threads; to be called once. */
  void start() {
    poller.start();
    if (pump != null) {
      pump.start();
    }
  }

  /** Sets the agent's addresses. */
  void setEndpoint(AgentEndpoint newer) {
    position.setEndpoint(newer);
  }

  AgentHealth health() {
    return poller.health();
  }

  /** Bookmark to resume from after a restart: behind what is stored, or read without a store. */
  @Nullable Bookmark bookmark() {
    WindowCursor cursor = position.safeCursor();
    return cursor == null ? null : new Bookmark(cursor, position.skew().offset(), null);
  }

  /** Becomes the leader's pull: stores from now on, from the last leader's bookmark. */
  void lead(@Nullable Bookmark from) {
    position.adoptClockOffset(from);
    if (pump != null) {
      pump.lead(from == null ? null : from.cursor());
    }
  }

  /** Stores nothing from now on, since another scraper leads. */
  void standBy() {
    if (pump != null) {
      pump.standBy();
    }
  }

  @Override
  public void close() {
    poller.close();
    if (pump != null) {
      pump.close();
    }
  }
}
