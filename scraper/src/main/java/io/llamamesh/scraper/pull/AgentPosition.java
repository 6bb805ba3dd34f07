package io.llamamesh.scraper.pull;

import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.cluster.AgentEndpoint;
import io.llamamesh.scraper.cluster.Bookmark;
import io.llamamesh.scraper.cluster.HostPort;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where one agent is, how far its clock is off, and how far its windows are read and stored: what
 * its {@link AgentPoller} and its {@link StorePump} know of each other.
 *
 * <p>Thread-safe: each value is written by one side, as its setter says, and read by any thread.
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
   * An agent of which nothing was read yet.
   *
   * @param from where to go on; null: with all that the agent retains
   * @param isStored whether its windows are to be stored
   * @param interval length of a window while none was seen
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

  /** Notes where the agent is now; by whoever finds agents. */
  void setEndpoint(AgentEndpoint newer) {
    endpoint = newer;
  }

  /** The address that answered last, or the one to begin with. */
  HostPort address() {
    return address;
  }

  /** Notes which address answers; by the poller. */
  void setAddress(HostPort answering) {
    address = answering;
  }

  /** Whether the agent answered the last time it was polled. */
  boolean isReadable() {
    return readable;
  }

  /** Notes whether the agent answered; by the poller. */
  void setReadable(boolean answered) {
    readable = answered;
  }

  /** Length of a window as far as known. */
  Duration interval() {
    return interval;
  }

  /** Notes the length of a window; by the poller. */
  void setInterval(Duration learnt) {
    interval = learnt;
  }

  /** Moves the times of its windows; both sides must move them alike. */
  SkewCorrection skew() {
    return skew;
  }

  /** Behind the last window that was read; null before the first. */
  @Nullable WindowCursor readCursor() {
    return readCursor;
  }

  /** Notes up to where windows were read; by the poller. */
  void setReadCursor(@Nullable WindowCursor cursor) {
    readCursor = cursor;
  }

  /** Behind the last window that the store acknowledged; null before the first. */
  @Nullable WindowCursor storedCursor() {
    return storedCursor;
  }

  /**
   * Windows that were read and are not stored; one where it is not known how many, since nothing
   * was stored of the agent's present life.
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

  /** Behind what the agent may forget: what is stored, or read where nothing is stored. */
  @Nullable WindowCursor safeCursor() {
    return isStored ? storedCursor : readCursor;
  }

  /** Notes up to where windows are stored, or were taken for stored; by the pump. */
  void setStoredCursor(@Nullable WindowCursor cursor) {
    storedCursor = cursor;
  }

  /**
   * Goes on with the correction of times that another scraper made, so that windows keep theirs.
   *
   * @param from null: nothing is known of it
   */
  void adoptClockOffset(@Nullable Bookmark from) {
    if (from != null) {
      skew.adopt(from.clockOffset());
    }
  }
}
