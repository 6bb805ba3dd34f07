package io.llamamesh.scraper.pull;

import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.cluster.AgentEndpoint;
import io.llamamesh.scraper.cluster.Bookmark;
import io.llamamesh.scraper.matrix.AgentHealth;
import org.jspecify.annotations.Nullable;

/**
 * The two that work for one agent, each with a thread of its own, and what they share.
 *
 * @param position what they know of each other
 * @param poller reads the agent, for the matrix
 * @param pump stores the agent's windows; null where nothing is stored
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

  /** Notes where the agent is now. */
  void setEndpoint(AgentEndpoint newer) {
    position.setEndpoint(newer);
  }

  AgentHealth health() {
    return poller.health();
  }

  /** Where to go on after a restart: behind what is stored, or read without a store. */
  @Nullable Bookmark bookmark() {
    WindowCursor cursor = position.safeCursor();
    return cursor == null ? null : new Bookmark(cursor, position.skew().offset(), null);
  }

  /** Stores from now on, beginning where the one before left off. */
  void lead(@Nullable Bookmark from) {
    position.adoptClockOffset(from);
    if (pump != null) {
      pump.lead(from == null ? null : from.cursor());
    }
  }

  /** Stores nothing from now on, since another does. */
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
