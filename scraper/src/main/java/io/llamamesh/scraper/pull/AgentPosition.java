package io.llamamesh.scraper.pull;

import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.cluster.AgentEndpoint;
import io.llamamesh.scraper.cluster.Bookmark;
import io.llamamesh.scraper.cluster.HostPort;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * State shared by the {@link AgentPoller} and the {@link StorePump} of one agent: its address, its
 * clock's skew, and the cursors up to which its windows are read and stored.
 *
 * <p>Thread-safe: each value has one writer, which its setter names, and any number of readers.
 */
final class AgentPosition {
  private final String name;
  private final boolean isStored;
  private final SkewCorrection skew = new SkewCorrection();
  private volatile AgentEndpoint endpoint;
  private volatile HostPort address;
  private volatile Duration interval;
  private volatile boolean readable = true;
  private volatile @Nullable WindowCursor readCursor;
  private volatile @Nullable WindowCursor storedCursor;

  /**
   * Position of an agent before the first read.
   *
   * @param from cursor to resume from; null: read all that the agent retains
   * @param isStored true if its windows are to be stored
   * @param interval length of a window until one was received
   */
  AgentPosition(AgentEndpoint agent, @Nullable Bookmark from, boolean isStored, Duration interval) {
    this.name = agent.name();
    this.isStored = isStored;
    this.endpoint = agent;
    this.address = agent.addresses().getFirst();
    this.interval = interval;
    this.readCursor = from == null ? null : from.cursor();
    this.storedCursor = readCursor;
    adoptClockOffset(from);
  }

  /** The agent's name in the list of agents. */
  String name() {
    return name;
  }

  /** The agent with all its addresses. */
  AgentEndpoint endpoint() {
    return endpoint;
  }

  /** Sets the agent's addresses; called by discovery. */
  void setEndpoint(AgentEndpoint newer) {
    endpoint = newer;
  }

  /** The address that answered last; at first the agent's first. */
  HostPort address() {
    return address;
  }

  /** Sets the address that answers; called by the poller. */
  void setAddress(HostPort answering) {
    address = answering;
  }

  /** True if the agent answered the last time it was polled. */
  boolean isReadable() {
    return readable;
  }

  /** Sets whether the agent answered; called by the poller. */
  void setReadable(boolean answered) {
    readable = answered;
  }

  /** Length of a window, as last learnt. */
  Duration interval() {
    return interval;
  }

  /** Sets the length of a window; called by the poller. */
  void setInterval(Duration learnt) {
    interval = learnt;
  }

  /** Correction of its windows' times; poller and pump must apply the same one. */
  SkewCorrection skew() {
    return skew;
  }

  /** Cursor behind the last window that was read; null before the first. */
  @Nullable WindowCursor readCursor() {
    return readCursor;
  }

  /** Sets the cursor up to which windows were read; called by the poller. */
  void setReadCursor(@Nullable WindowCursor cursor) {
    readCursor = cursor;
  }

  /** Cursor behind the last window that the store acknowledged; null before the first. */
  @Nullable WindowCursor storedCursor() {
    return storedCursor;
  }

  /**
   * Number of windows read and not yet stored; 1 if the number is unknown, since nothing was stored
   * under the agent's current boot id.
   */
  long backlog() {
    WindowCursor last = readCursor;
    WindowCursor safe = safeCursor();
    if (last == null || last.equals(safe)) {
      return 0;
    }
    return safe != null && safe.bootId().equals(last.bootId())
        ? Math.max(0, last.sequence() - safe.sequence())
        : 1;
  }

  /**
   * Cursor up to which the agent may discard windows: the stored one, or the read one without a
   * store.
   */
  @Nullable WindowCursor safeCursor() {
    return isStored ? storedCursor : readCursor;
  }

  /** Sets the cursor up to which windows are stored; called by the pump. */
  void setStoredCursor(@Nullable WindowCursor cursor) {
    storedCursor = cursor;
  }

  /**
   * Adopts the clock correction of an earlier scraper, so that windows keep their times.
   *
   * @param from null: keeps the correction
   */
  void adoptClockOffset(@Nullable Bookmark from) {
    if (from != null) {
      skew.adopt(from.clockOffset());
    }
  }
}
