package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.store.LineProtocol;
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
 * <p>While all goes well it writes the pages that the reader just fetched. When the store was away
 * it fetches again from the agent, whose retention is the buffer, until it has caught up; so memory
 * stays bounded and the matrix goes on meanwhile. Runs in a thread of its own, see {@link #run}.
 */
final class StoreFeed {
  private static final Logger LOG = LoggerFactory.getLogger(StoreFeed.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final int MAX_UNREPEATABLE = 64;

  /** Fetches windows after a cursor. */
  interface Fetch {
    Page after(@Nullable WindowCursor cursor) throws IOException, InterruptedException;
  }

  /**
   * A page as handed over.
   *
   * @param after the cursor it was asked with
   * @param cursor behind it; absent for agents without cursors, whose pages come only once
   * @param windows how many windows it holds
   */
  private record Handed(
      @Nullable WindowCursor after,
      @Nullable WindowCursor cursor,
      long windows,
      List<String> lines) {
    static Handed of(@Nullable WindowCursor after, Page page) {
      return new Handed(
          after,
          page.cursor(),
          page.points().stream().map(Point::time).distinct().count(),
          LineProtocol.lines(page.points()));
    }

    /** Windows between the cursors that the agent no longer had. */
    long missed() {
      if (after == null
          || cursor == null
          || windows == 0
          || !after.bootId().equals(cursor.bootId())) {
        return 0;
      }
      return Math.max(0, cursor.sequence() - after.sequence() - windows);
    }
  }

  private final String agent;
  private final StoreWriter writer;
  private final Fetch fetch;
  private final InstantSource clock;
  private final Counters counters;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private @Nullable WindowCursor stored;
  private @Nullable WindowCursor target;
  private @Nullable Handed handed;
  private final Deque<Handed> unrepeatable = new ArrayDeque<>();
  private Instant notBefore = Instant.MIN;

  StoreFeed(
      String agent,
      @Nullable WindowCursor stored,
      StoreWriter writer,
      Fetch fetch,
      InstantSource clock,
      Counters counters) {
    this.agent = agent;
    this.stored = stored;
    this.target = stored;
    this.writer = writer;
    this.fetch = fetch;
    this.clock = clock;
    this.counters = counters;
  }

  /** Behind what the store has acknowledged; null before the first page. */
  @Nullable WindowCursor stored() {
    lock.lock();
    try {
      return stored;
    } finally {
      lock.unlock();
    }
  }

  /** Takes a page that was just fetched with that cursor; never blocks for the store. */
  void hand(@Nullable WindowCursor after, Page page) {
    Handed next = Handed.of(after, page);
    lock.lock();
    try {
      if (page.cursor() == null) {
        unrepeatable.addLast(next);
        if (unrepeatable.size() > MAX_UNREPEATABLE) {
          unrepeatable.removeFirst();
          counters.missed(1);
        }
      } else {
        handed = next;
        target = page.cursor();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Runs until interrupted. */
  void run() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        Handed next = await();
        try {
          step(next);
        } catch (RuntimeException e) {
          // This thread must go on, or nothing of this agent would ever be stored again.
          LOG.error("storing an agent's windows failed, tried again", e);
          pause(clock.instant().plus(PAUSE));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What to do next: a page to write, or null to fetch one. */
  private @Nullable Handed await() throws InterruptedException {
    lock.lock();
    try {
      while (true) {
        Duration wait = Duration.between(clock.instant(), notBefore);
        if (wait.isPositive()) {
          var _ = changed.await(wait.toMillis() + 1, TimeUnit.MILLISECONDS);
          continue;
        }
        if (!unrepeatable.isEmpty()) {
          return unrepeatable.getFirst();
        }
        Handed next = handed;
        handed = null;
        if (next != null && Objects.equals(next.after(), stored)) {
          return next;
        }
        if (behind()) {
          return null;
        }
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean behind() {
    if (target == null) {
      return false;
    }
    return stored == null
        || !stored.bootId().equals(target.bootId())
        || stored.sequence() < target.sequence();
  }

  private void step(@Nullable Handed page) throws InterruptedException {
    Handed next = page;
    if (next == null) {
      WindowCursor from = stored();
      try {
        Page fetched = fetch.after(from);
        next = Handed.of(from, fetched);
      } catch (IOException e) {
        // The reader reports what is wrong with the agent.
        pause(clock.instant().plus(PAUSE));
        return;
      }
    }
    switch (writer.write(next.lines())) {
      case WriteResult.Acknowledged _ -> acknowledged(next);
      case WriteResult.Postponed postponed -> pause(postponed.retryAt());
    }
  }

  private void acknowledged(Handed page) {
    lock.lock();
    try {
      if (page.cursor() == null) {
        unrepeatable.removeFirstOccurrence(page);
        return;
      }
      if (page.cursor().equals(stored)) {
        // Asked for more and got nothing although there should be: do not spin.
        notBefore = clock.instant().plus(PAUSE);
      }
      stored = page.cursor();
    } finally {
      lock.unlock();
    }
    long missed = page.missed();
    if (missed > 0) {
      counters.missed(missed);
      LOG.warn(
          "windows were no longer retained when the store took them agent={} windows={}",
          agent,
          missed);
    }
  }

  private void pause(Instant until) {
    lock.lock();
    try {
      notBefore = until;
    } finally {
      lock.unlock();
    }
  }
}
