package io.llamamesh.scraper.pull;

import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.store.StoreWriter;
import io.llamamesh.scraper.store.WriteResult;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Store pump of one agent: writes its windows to the store, in order, and moves the cursor only
 * when the store has acknowledged.
 *
 * <p>In normal operation it writes the pages that the poller just fetched. After an outage of the
 * store it fetches again from the agent, whose retention is the buffer, until it has caught up; so
 * memory stays bounded and the matrix goes on meanwhile. While another scraper leads it stores
 * nothing, and while the store is known to be unavailable it fetches nothing.
 *
 * <p>Guarantees, while it leads: the cursor passes a window only once the store has acknowledged it
 * or rejected it for good; every published window is stored, or counted as missed; {@link #offer}
 * never blocks for the store; pages in memory are bounded by {@link StoreBacklog}.
 *
 * <p>Owns a virtual thread, which ends with {@link #close}. Everything else may be called by any
 * thread.
 */
final class StorePump implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StorePump.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** Jitter over which agents retry when the store may be back. */
  private static final int JITTER_MILLIS = 500;

  /** Longest wait that is valid: a longer one means that the clock was set back. */
  private static final Duration MAX_WAIT = Duration.ofMinutes(2);

  /**
   * Time for which the store may fail on this agent's windows, and accept others', before they are
   * given up.
   */
  static final Duration PATIENCE = Duration.ofMinutes(5);

  private static final int MAX_UNREPEATABLE = 64;
  // While standing by: as many as may arrive between the leader's death and our becoming leader.
  private static final int MAX_UNREPEATABLE_STANDBY = 3;

  /** Fetches a page of windows after a cursor. */
  interface PageFetcher {
    EncodedPage fetchAfter(@Nullable WindowCursor cursor) throws IOException, InterruptedException;
  }

  private final AgentPosition position;
  private final StoreWriter writer;
  private final PageFetcher fetch;
  private final InstantSource clock;
  private final PullCounters counters;
  private final StoreBacklog backlog;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final StoredPosition storedPosition;
  private boolean isLeader;
  private @Nullable EncodedPage offered;
  private final Deque<EncodedPage> unrepeatable = new ArrayDeque<>();
  private long unrepeatableBytes;
  private boolean ended;
  private Instant notBefore = Instant.MIN;
  private @Nullable Thread thread;
  // Owned by the thread: since when the store fails on this agent's windows.
  private @Nullable Instant failingSince;

  /**
   * @param leadsAtStart true to store from the start
   */
  StorePump(
      AgentPosition position,
      boolean leadsAtStart,
      StoreWriter writer,
      PageFetcher fetch,
      InstantSource clock,
      PullCounters counters,
      StoreBacklog backlog) {
    this.position = position;
    this.storedPosition = new StoredPosition(position.storedCursor(), writer.outages());
    this.isLeader = leadsAtStart;
    this.writer = writer;
    this.fetch = fetch;
    this.clock = clock;
    this.counters = counters;
    this.backlog = backlog;
  }

  /** Starts its thread; to be called once. */
  void start() {
    thread = Thread.ofVirtual().name("store-" + position.name()).start(this::run);
  }

  /** Becomes the leader: stores from now on, behind that cursor unless our own is further. */
  void lead(@Nullable WindowCursor from) {
    lock.lock();
    try {
      isLeader = true;
      if (from != null) {
        storedPosition.takeOver(from);
        position.setStoredCursor(storedPosition.stored());
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Stands by: stores nothing from now on. */
  void standBy() {
    lock.lock();
    try {
      isLeader = false;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Offers a page that was just fetched with that cursor; never blocks for the store.
   *
   * @param maxWindows windows that it holds at most
   */
  void offer(@Nullable WindowCursor after, Page page, int maxWindows) {
    // If the backlog in memory is full it is fetched again when it is this agent's turn.
    EncodedPage next =
        page.cursor() == null || backlog.hasRoom() ? EncodedPage.of(after, page, maxWindows) : null;
    lock.lock();
    try {
      if (ended) {
        return;
      }
      if (page.cursor() == null) {
        keepUnrepeatable(Objects.requireNonNull(next));
        abandonBacklog();
      } else {
        dropOffered();
        if (next != null) {
          backlog.add(next.packedBytes());
          offered = next;
        }
        long gone = storedPosition.recordPublished(page.cursor(), page.more());
        countMissed(isLeader ? gone : 0);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Keeps a page that cannot be fetched again, in place of the oldest if there are too many. */
  private void keepUnrepeatable(EncodedPage next) {
    int maxWindows = isLeader ? MAX_UNREPEATABLE : MAX_UNREPEATABLE_STANDBY;
    while (!unrepeatable.isEmpty()
        && (unrepeatable.size() >= maxWindows
            || !backlog.hasRoomForUnrepeatable(unrepeatableBytes))) {
      dropUnrepeatable(unrepeatable.getFirst());
      counters.countMissed(isLeader ? 1 : 0);
    }
    if (backlog.hasRoomForUnrepeatable(unrepeatableBytes)) {
      unrepeatable.addLast(next);
      unrepeatableBytes += next.packedBytes();
      backlog.addUnrepeatable(next.packedBytes());
    } else {
      counters.countMissed(isLeader ? 1 : 0);
    }
  }

  private void dropUnrepeatable(EncodedPage page) {
    if (unrepeatable.removeFirstOccurrence(page)) {
      unrepeatableBytes -= page.packedBytes();
      backlog.removeUnrepeatable(page.packedBytes());
    }
  }

  /**
   * Abandons and counts windows that cannot be fetched any more, as the agent answers without
   * cursors now.
   */
  private void abandonBacklog() {
    long gone = storedPosition.abandonUnstored();
    countMissed(isLeader ? gone : 0);
  }

  private void countMissed(long windows) {
    if (windows > 0) {
      counters.countMissed(windows);
      LOG.warn(
          "windows missed, no longer retained by the agent agent={} windows={}",
          position.name(),
          windows);
    }
  }

  private void dropOffered() {
    if (offered != null) {
      backlog.remove(offered.packedBytes());
      offered = null;
    }
  }

  /** Ends its thread; windows that are not stored stay at the agent. */
  @Override
  public void close() {
    if (thread != null) {
      thread.interrupt();
    }
  }

  /** Runs until interrupted; {@link #start} does so in a thread of its own. */
  void run() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        EncodedPage next = await();
        try {
          step(next);
        } catch (RuntimeException e) {
          // This thread must go on, or no window of this agent would ever be stored again.
          LOG.error("store pump failed, retrying agent={}", position.name(), e);
          pauseUntil(clock.instant().plus(PAUSE));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.lock();
      try {
        ended = true;
        dropOffered();
        List.copyOf(unrepeatable).forEach(this::dropUnrepeatable);
      } finally {
        lock.unlock();
      }
    }
  }

  /** Waits for the next step: a page to write, or null to fetch one. */
  private @Nullable EncodedPage await() throws InterruptedException {
    lock.lock();
    try {
      while (true) {
        if (!isLeader) {
          changed.await();
          continue;
        }
        // The offered page stays while the store is unavailable: it may be back before the next
        // page.
        Duration wait = Duration.between(clock.instant(), latest(notBefore, storeRetryAt()));
        if (wait.isPositive() && wait.compareTo(MAX_WAIT) < 0) {
          var _ = changed.await(wait.toMillis() + 1, TimeUnit.MILLISECONDS);
          continue;
        }
        if (!unrepeatable.isEmpty()) {
          return unrepeatable.getFirst();
        }
        EncodedPage next = offered;
        if (next != null && Objects.equals(next.after(), storedPosition.stored())) {
          // It counts towards the backlog until it is written.
          offered = null;
          return next;
        }
        dropOffered();
        if (storedPosition.isBehind()) {
          return null;
        }
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  private void step(@Nullable EncodedPage page) throws InterruptedException {
    if (page == null) {
      // Of large pages few may wait for the store at once.
      backlog.beginCatchingUp();
      try {
        // Pumps before us may have found the store unavailable: do not load the agent for nothing.
        if (!isStorePostponing()) {
          writeFetched(fetch.fetchAfter(position.storedCursor()));
        }
      } catch (IOException e) {
        // The poller reports what is wrong with the agent.
        pauseUntil(clock.instant().plus(PAUSE));
      } finally {
        backlog.endCatchingUp();
      }
    } else {
      try {
        backlog.beginWriting();
        try {
          write(page);
        } finally {
          backlog.endWriting();
        }
      } finally {
        if (page.cursor() != null) {
          backlog.remove(page.packedBytes());
        }
      }
    }
  }

  private void writeFetched(EncodedPage page) throws InterruptedException {
    if (page.cursor() != null) {
      write(page);
      return;
    }
    // Another program answers there now. Its windows are read by the poller, which knows their
    // times.
    lock.lock();
    try {
      abandonBacklog();
    } finally {
      lock.unlock();
    }
  }

  private void write(EncodedPage page) throws InterruptedException {
    if (isStorePostponing()) {
      return;
    }
    Instant since = failingSince;
    boolean mayGiveUp = since != null && !clock.instant().isBefore(since.plus(PATIENCE));
    switch (writer.write(page.lines().unpacked(), mayGiveUp)) {
      case WriteResult.Acknowledged result -> {
        // While pages pass only by giving up lines, the next one need not fail as long.
        if (!result.gaveUpAllowed()) {
          failingSince = null;
        }
        recordStored(page);
      }
      case WriteResult.Postponed postponed -> pauseUntil(withJitter(postponed.retryAt()));
      case WriteResult.Failed failed -> {
        if (since == null) {
          failingSince = clock.instant();
          LOG.warn(
              "store fails on an agent's windows, the agent keeps them agent={} error={}",
              position.name(),
              failed.message());
        }
        pauseUntil(withJitter(failed.retryAt()));
      }
    }
  }

  /** Time of the next write: at once, while the store accepts writes. */
  private Instant storeRetryAt() {
    Instant until = writer.retryAt();
    return until.equals(Instant.MIN) ? until : withJitter(until);
  }

  /**
   * A time with jitter, each time in another order of agents: the first page decides whether the
   * store counts as available, and an agent whose lines are all bad must not always be first.
   */
  private Instant withJitter(Instant time) {
    long seed = 31L * position.name().hashCode() + time.getEpochSecond() + time.getNano();
    return time.plusMillis(new SplittableRandom(seed).nextInt(JITTER_MILLIS));
  }

  private boolean isStorePostponing() {
    return writer.postponement() != null;
  }

  private void recordStored(EncodedPage page) {
    lock.lock();
    try {
      WindowCursor cursor = page.cursor();
      if (cursor == null) {
        dropUnrepeatable(page);
        return;
      }
      if (storedPosition.tryRewind(writer.outages(), position.interval())) {
        position.setStoredCursor(storedPosition.stored());
        return;
      }
      if (cursor.equals(storedPosition.stored())) {
        // The agent returned no more windows although it should have: do not spin.
        notBefore = clock.instant().plus(PAUSE);
      }
      countMissed(storedPosition.recordStored(page, cursor));
      position.setStoredCursor(storedPosition.stored());
    } finally {
      lock.unlock();
    }
  }

  private static Instant latest(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }

  private void pauseUntil(Instant until) {
    lock.lock();
    try {
      notBefore = until;
    } finally {
      lock.unlock();
    }
  }
}
