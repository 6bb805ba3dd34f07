package io.llamamesh.scraper.store;

import io.llamamesh.results.MeshReport;
import io.llamamesh.results.MeshReport.Store.Trouble;
import io.llamamesh.scraper.store.WriteFailure.Unavailable;
import io.llamamesh.scraper.store.WriteFailure.WriteFailedException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writer to the store: combines several agents' pages into one request, and completes each page
 * only after the store has answered.
 *
 * <p>Thread-safe. Owns one thread, which writes and ends with {@link #close}. Keeps no lines for
 * later: the caller of a page that could not be written gets that result, and retries; while the
 * store is known to be unreachable pages are postponed at once, so that no caller waits for it.
 */
public final class StoreWriter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StoreWriter.class);
  private static final int QUEUE = 256;
  private static final Duration FIRST_BACKOFF = Duration.ofMillis(500);
  private static final Duration MAX_BACKOFF = Duration.ofSeconds(15);

  /** Delay until a page on which the store failed is retried. */
  private static final Duration PAGE_PAUSE = Duration.ofSeconds(15);

  /**
   * Time since the last whole page during which the store counts as accepting pages; at least three
   * windows.
   */
  private static final Duration MIN_SINCE_PAGE = Duration.ofMinutes(1);

  private static final int MAX_SINCE_PAGE_WINDOWS = 3;

  /** Longest wait that a store may request. */
  private static final Duration MAX_RETRY_AFTER = MAX_BACKOFF.multipliedBy(4);

  /** Time for which the status shows that points were given up. */
  private static final Duration REJECTED_SHOWN = Duration.ofMinutes(10);

  /** Time for which the status shows that the store fails on pages: a few retries. */
  private static final Duration FAILING_SHOWN = Duration.ofMinutes(1);

  private final Store store;
  private final InstantSource clock;
  private final Duration maxSincePage;
  private final BlockingQueue<Job> jobs = new ArrayBlockingQueue<>(QUEUE);
  private final Thread thread;
  private final BatchSplitter splitter;
  private volatile boolean ended;
  private volatile MeshReport.Store status =
      new MeshReport.Store(MeshReport.Store.State.PENDING, null, null, 0);
  private volatile Instant retryAt = Instant.MIN;
  private final AtomicLong outages = new AtomicLong();
  private Duration backoff = FIRST_BACKOFF;
  private Instant lastWholePage = Instant.EPOCH;

  // Written by the writer's thread.
  private volatile @Nullable Incident incident;

  private record Job(
      List<String> lines, boolean mayGiveUp, CompletableFuture<WriteResult> result) {}

  /** Points that the store did not accept while it accepted others. */
  private record Incident(Trouble trouble, String message, Instant shownUntil) {}

  /** Starts the thread; for windows of at most twenty seconds. */
  public StoreWriter(Store store, InstantSource clock) {
    this(store, clock, Duration.ZERO);
  }

  /**
   * Starts the thread.
   *
   * @param interval length of a window: pages are not more frequent
   */
  public StoreWriter(Store store, InstantSource clock, Duration interval) {
    this.store = store;
    this.clock = clock;
    Duration windows = interval.multipliedBy(MAX_SINCE_PAGE_WINDOWS);
    this.maxSincePage = windows.compareTo(MIN_SINCE_PAGE) > 0 ? windows : MIN_SINCE_PAGE;
    this.splitter = new BatchSplitter(store, clock);
    this.thread = Thread.ofVirtual().name("store-writer").start(this::run);
  }

  /**
   * Writes lines; returns once the store has acknowledged them, or does not accept them now.
   *
   * @throws InterruptedException if the caller is interrupted
   */
  public WriteResult write(List<String> lines) throws InterruptedException {
    return write(lines, false);
  }

  /**
   * Writes lines; returns once the store has acknowledged them, or does not accept them now.
   *
   * @param mayGiveUp true to give up lines on which the store fails while it accepts others
   * @throws InterruptedException if the caller is interrupted
   */
  public WriteResult write(List<String> lines, boolean mayGiveUp) throws InterruptedException {
    WriteResult.@Nullable Postponed immediate = postponement();
    if (immediate != null) {
      return immediate;
    }
    if (lines.isEmpty()) {
      return new WriteResult.Acknowledged(0);
    }
    Job job = new Job(lines, mayGiveUp, new CompletableFuture<>());
    // Bounded: the agent retains the page, so waiting for room costs only time.
    while (!jobs.offer(job, 1, TimeUnit.SECONDS)) {
      if (ended) {
        return postponed("the scraper is stopping");
      }
    }
    if (ended && jobs.remove(job)) {
      // Offered after the thread had ended: it would never be completed.
      return postponed("the scraper is stopping");
    }
    try {
      return job.result().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("results are never failures", e);
    }
  }

  /**
   * Time until which pages are postponed without asking the store, since it did not accept the
   * last; in the past if it accepts them. Callers can save the work before a write.
   */
  public Instant retryAt() {
    return retryAt;
  }

  /**
   * The result of a write now, known without asking the store; null if the store would be asked.
   */
  public WriteResult.@Nullable Postponed postponement() {
    Instant until = retryAt;
    Instant now = clock.instant();
    // A clock that was set back must not postpone writes for as long.
    if (!now.isBefore(until) || now.plus(MAX_RETRY_AFTER).isBefore(until)) {
      return null;
    }
    String message = status.message();
    return new WriteResult.Postponed(message == null ? "store unreachable" : message, until);
  }

  /**
   * Status of the store, for the report. While the store accepts points, but did not accept some
   * recently, it has the store's message about these.
   */
  public MeshReport.Store status() {
    MeshReport.Store now = status;
    Incident recent = recentIncident();
    return recent == null || now.state() != MeshReport.Store.State.REACHABLE
        ? now
        : new MeshReport.Store(
            now.state(), recent.message(), now.lastWrite(), now.pointsWritten(), recent.trouble());
  }

  private @Nullable Incident recentIncident() {
    Incident last = incident;
    return last == null || clock.instant().isAfter(last.shownUntil()) ? null : last;
  }

  /** Number of outages of the store that have ended. */
  public long outages() {
    return outages.get();
  }

  /** Number of lines rejected for good since the start. */
  public long rejected() {
    return splitter.rejected();
  }

  /** Ends the thread and interrupts the current write; pages not yet acknowledged are postponed. */
  @Override
  public void close() {
    ended = true;
    thread.interrupt();
    try {
      thread.join(Duration.ofSeconds(15));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    postponeRest();
    store.close();
  }

  private void run() {
    List<Job> batch = new ArrayList<>();
    while (!ended) {
      try {
        batch.add(jobs.take());
      } catch (InterruptedException e) {
        continue;
      }
      int lines = batch.getFirst().lines().size();
      Job next = jobs.peek();
      // A caller that gives up at close may remove its job meanwhile: then this one is another's.
      while (next != null
          && lines + next.lines().size() <= splitter.maxLines()
          && jobs.remove(next)) {
        batch.add(next);
        lines += next.lines().size();
        next = jobs.peek();
      }
      WriteResult.Postponed immediate = postponement();
      if (immediate == null) {
        writeBatch(batch);
      } else {
        // They were queued before the store was found unavailable.
        batch.forEach(job -> job.result().complete(immediate));
      }
      batch.clear();
    }
  }

  private void writeBatch(List<Job> batch) {
    BatchSplitter.Outcome outcome;
    try {
      outcome =
          splitter.write(
              batch.stream()
                  .map(job -> new BatchSplitter.Page(job.lines(), job.mayGiveUp()))
                  .toList(),
              clock.instant().isBefore(lastWholePage.plus(maxSincePage)));
    } catch (WriteFailedException e) {
      postpone(batch, e.failure());
      return;
    } catch (RuntimeException e) {
      LOG.error("store client failed store={}", store.description(), e);
      postpone(batch, new Unavailable(e.toString(), Duration.ZERO));
      return;
    }
    acknowledged(batch, outcome);
    for (int i = 0; i < batch.size(); i++) {
      Job job = batch.get(i);
      String message = outcome.failed().get(i);
      job.result()
          .complete(
              message != null
                  ? new WriteResult.Failed(message, clock.instant().plus(PAGE_PAUSE))
                  : new WriteResult.Acknowledged(
                      job.lines().size(),
                      outcome.rejected().getOrDefault(i, 0),
                      outcome.gaveUpAllowed().contains(i)));
    }
  }

  private void postpone(List<Job> batch, WriteFailure failure) {
    // A write that we interrupted ourselves says nothing about the store.
    WriteResult result = ended ? postponed("the scraper is stopping") : postponeForOutage(failure);
    batch.forEach(job -> job.result().complete(result));
  }

  private void acknowledged(List<Job> batch, BatchSplitter.Outcome outcome) {
    if (status.state() == MeshReport.Store.State.UNREACHABLE) {
      LOG.info("store available again store={}", store.description());
      outages.incrementAndGet();
    }
    backoff = FIRST_BACKOFF;
    long lines = 0;
    for (int i = 0; i < batch.size(); i++) {
      if (!outcome.failed().containsKey(i)) {
        int rejected = outcome.rejected().getOrDefault(i, 0);
        lines += batch.get(i).lines().size() - rejected;
        if (rejected == 0) {
          lastWholePage = clock.instant();
        }
      }
    }
    recordIncident(outcome);
    status =
        new MeshReport.Store(
            MeshReport.Store.State.REACHABLE,
            null,
            lines > 0 ? clock.instant() : status.lastWrite(),
            status.pointsWritten() + Math.max(0, lines));
  }

  private void recordIncident(BatchSplitter.Outcome outcome) {
    Instant now = clock.instant();
    Incident recent = recentIncident();
    if (outcome.message() != null) {
      incident =
          new Incident(
              Trouble.POINTS_REJECTED,
              "points are rejected for good: " + outcome.message(),
              now.plus(REJECTED_SHOWN));
    } else if (!outcome.failed().isEmpty()
        // Lost points take precedence over postponed ones.
        && (recent == null || recent.trouble() != Trouble.POINTS_REJECTED)) {
      String message = outcome.failed().values().iterator().next();
      incident =
          new Incident(
              Trouble.WRITES_FAILING,
              "some agents keep their windows: " + message,
              now.plus(FAILING_SHOWN));
    }
  }

  private WriteResult postponeForOutage(WriteFailure failure) {
    if (status.state() != MeshReport.Store.State.UNREACHABLE) {
      LOG.warn(
          "store unavailable, agents keep their windows store={} error={}",
          store.description(),
          failure.message());
    }
    Duration wait =
        failure instanceof Unavailable away && away.retryAfter().compareTo(backoff) > 0
            ? min(away.retryAfter(), MAX_RETRY_AFTER)
            : backoff;
    backoff = min(backoff.multipliedBy(2), MAX_BACKOFF);
    status =
        new MeshReport.Store(
            MeshReport.Store.State.UNREACHABLE,
            failure.message(),
            status.lastWrite(),
            status.pointsWritten());
    retryAt = clock.instant().plus(wait);
    return new WriteResult.Postponed(failure.message(), retryAt);
  }

  private void postponeRest() {
    @Nullable Job job = jobs.poll();
    while (job != null) {
      job.result().complete(postponed("the scraper is stopping"));
      job = jobs.poll();
    }
  }

  private WriteResult postponed(String why) {
    return new WriteResult.Postponed(why, clock.instant().plus(FIRST_BACKOFF));
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }
}
