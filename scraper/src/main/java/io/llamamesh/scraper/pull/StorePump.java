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
 * Brings one agent's windows to the store, in order, and moves the cursor only when the store has
 * acknowledged.
 *
 * <p>While all goes well it writes the pages that the poller just fetched. When the store was away
 * it fetches again from the agent, whose retention is the buffer, until it has caught up; so memory
 * stays bounded and the matrix goes on meanwhile. While another scraper leads it stores nothing,
 * and while the store is known to be away it asks the agent nothing.
 *
 * <p>Owns a virtual thread, which ends with {@link #close}. Everything else may be called by any
 * thread.
 */
final class StorePump implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StorePump.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** Over so long agents come again when the store may be back. */
  private static final int JITTER_MILLIS = 500;

  /** So long nobody has to wait, but where the clock was set back. */
  private static final Duration MAX_WAIT = Duration.ofMinutes(2);

  /** How long the store may fail on our windows, and take others', before they are given up. */
  static final Duration PATIENCE = Duration.ofMinutes(5);

  private static final int MAX_UNREPEATABLE = 64;
  // While another stores them too: as many as may come between its death and our leading.
  private static final int MAX_UNREPEATABLE_STANDBY = 3;

  /** Fetches windows after a cursor. */
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
  // The thread's own: since when the store fails on this agent's windows.
  private @Nullable Instant failingSince;

  /**
   * @param leads whether it stores from the start on
   */
  StorePump(
      AgentPosition position,
      boolean leads,
      StoreWriter writer,
      PageFetcher fetch,
      InstantSource clock,
      PullCounters counters,
      StoreBacklog waiting) {
    this.position = position;
    this.storedPosition = new StoredPosition(position.storedCursor(), writer.outages());
    this.isLeader = leads;
    this.writer = writer;
    this.fetch = fetch;
    this.clock = clock;
    this.counters = counters;
    this.backlog = waiting;
  }

  /** Starts its thread; to be called once. */
  void start() {
    thread = Thread.ofVirtual().name("store-" + position.name()).start(this::run);
  }

  /** Stores from now on, behind that cursor unless it knows better. */
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

  /** Stores nothing from now on. */
  void standBy() {
    lock.lock();
    try {
      isLeader = false;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a page that was just fetched with that cursor; never blocks for the store.
   *
   * @param most how many windows it holds at most
   */
  void offer(@Nullable WindowCursor after, Page page, int most) {
    // Where too much waits already it is fetched again when it is this agent's turn.
    EncodedPage next =
        page.cursor() == null || backlog.hasRoom() ? EncodedPage.of(after, page, most) : null;
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

  /** Keeps a page that comes only once, in place of the oldest where there are too many. */
  private void keepUnrepeatable(EncodedPage next) {
    int most = isLeader ? MAX_UNREPEATABLE : MAX_UNREPEATABLE_STANDBY;
    while (!unrepeatable.isEmpty()
        && (unrepeatable.size() >= most || !backlog.hasRoomForUnrepeatable(unrepeatableBytes))) {
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

  /** Counts what can't be asked for any more, as the agent answers without cursors now. */
  private void abandonBacklog() {
    long gone = storedPosition.abandonUnstored();
    countMissed(isLeader ? gone : 0);
  }

  private void countMissed(long windows) {
    if (windows > 0) {
      counters.countMissed(windows);
      LOG.warn(
          "windows were no longer retained when the store took them agent={} windows={}",
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

  /** Ends its thread; what it had not stored stays at the agent. */
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
          // This thread must go on, or nothing of this agent would ever be stored again.
          LOG.error("storing an agent's windows failed, tried again", e);
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

  /** What to do next: a page to write, or null to fetch one. */
  private @Nullable EncodedPage await() throws InterruptedException {
    lock.lock();
    try {
      while (true) {
        if (!isLeader) {
          changed.await();
          continue;
        }
        // What was handed stays while the store is away: it may be back before there is more.
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
          // It counts as waiting until it is written.
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
        // Those before us may have found that the store is away: their pages cost agents, too.
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
    // Another program answers there now. What it has is read by the poller, which knows its time.
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
    boolean insists = since != null && !clock.instant().isBefore(since.plus(PATIENCE));
    switch (writer.write(page.lines().unpacked(), insists)) {
      case WriteResult.Acknowledged result -> {
        // While pages pass only since we insist, the next need not fail as long.
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
              "store fails on an agent's windows, which stay there agent={} error={}",
              position.name(),
              failed.message());
        }
        pauseUntil(withJitter(failed.retryAt()));
      }
    }
  }

  /** When to try the store again: at once, while it takes what it is given. */
  private Instant storeRetryAt() {
    Instant until = writer.retryAt();
    return until.equals(Instant.MIN) ? until : withJitter(until);
  }

  /**
   * A little later, each time in another order of agents: who comes first decides alone whether the
   * store takes anything, and whose lines are all bad must not be the first for ever.
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
        // Asked for more and got nothing although there should be: do not spin.
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
