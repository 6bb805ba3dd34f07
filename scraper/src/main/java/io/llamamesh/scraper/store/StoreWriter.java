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
 * Writes what agents' pages hold, several pages in one request, and answers each page only after
 * the store did.
 *
 * <p>Thread-safe. Owns one thread, which writes and ends with {@link #close}. Keeps nothing for
 * later: a page that could not be written is told so, and its reader comes again with it; while the
 * store is known to be unreachable pages are refused at once, so that nobody waits for it.
 */
public final class StoreWriter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StoreWriter.class);
  private static final int QUEUE = 256;
  private static final Duration FIRST_BACKOFF = Duration.ofMillis(500);
  private static final Duration MAX_BACKOFF = Duration.ofSeconds(15);

  /** When a page comes again that the store failed on. */
  private static final Duration PAGE_PAUSE = Duration.ofSeconds(15);

  /** So long after it took a whole page the store is believed to take pages; three windows else. */
  private static final Duration MIN_SINCE_PAGE = Duration.ofMinutes(1);

  private static final int MAX_SINCE_PAGE_WINDOWS = 3;

  /** The longest that a store may ask to wait. */
  private static final Duration MAX_RETRY_AFTER = MAX_BACKOFF.multipliedBy(4);

  /** How long it is told that points were given up. */
  private static final Duration REJECTED_SHOWN = Duration.ofMinutes(10);

  /** How long it is told that the store fails on pages, which come again: a few tries. */
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

  // Written by the thread that writes.
  private volatile @Nullable Incident incident;

  private record Job(
      List<String> lines, boolean mayGiveUp, CompletableFuture<WriteResult> result) {}

  /** What the store did not take while it took the rest. */
  private record Incident(Trouble trouble, String message, Instant shownUntil) {}

  /** Starts its thread; for windows of at most twenty seconds. */
  public StoreWriter(Store store, InstantSource clock) {
    this(store, clock, Duration.ZERO);
  }

  /**
   * Starts its thread.
   *
   * @param interval length of a window: pages come no more often
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
   * Writes the lines; returns when the store acknowledged, or when it will not now.
   *
   * @throws InterruptedException where the caller is told to end
   */
  public WriteResult write(List<String> lines) throws InterruptedException {
    return write(lines, false);
  }

  /**
   * Writes the lines; returns when the store acknowledged, or when it will not now.
   *
   * @param insists whether lines on which the store fails, while it takes others, are given up
   * @throws InterruptedException where the caller is told to end
   */
  public WriteResult write(List<String> lines, boolean insists) throws InterruptedException {
    WriteResult.@Nullable Postponed notNow = postponement();
    if (notNow != null) {
      return notNow;
    }
    if (lines.isEmpty()) {
      return new WriteResult.Acknowledged(0);
    }
    Job job = new Job(lines, insists, new CompletableFuture<>());
    // Bounded: the agent keeps the page, so waiting for room costs nothing but time.
    while (!jobs.offer(job, 1, TimeUnit.SECONDS)) {
      if (ended) {
        return postponed("the scraper is stopping");
      }
    }
    if (ended && jobs.remove(job)) {
      // Offered after the thread had ended: nobody else would ever answer it.
      return postponed("the scraper is stopping");
    }
    try {
      return job.result().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("results are never failures", e);
    }
  }

  /**
   * Until when pages are refused at once, as the store did not take the last; in the past where it
   * takes them. Who has work to do before it can write can save it.
   */
  public Instant retryAt() {
    return retryAt;
  }

  /** What a page would be told now without asking the store; null where it would be asked. */
  public WriteResult.@Nullable Postponed postponement() {
    Instant until = retryAt;
    Instant now = clock.instant();
    // A clock that was set back must not keep the store closed for as long.
    if (!now.isBefore(until) || now.plus(MAX_RETRY_AFTER).isBefore(until)) {
      return null;
    }
    String message = status.message();
    return new WriteResult.Postponed(message == null ? "store unreachable" : message, until);
  }

  /**
   * Whether writing works, for the report. While the store takes points and did not take some of
   * late, the message has its words about these.
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

  /** How often the store came back after it had not taken points. */
  public long outages() {
    return outages.get();
  }

  /** Lines that the store did not take and never will, since the start. */
  public long rejected() {
    return splitter.rejected();
  }

  /** Ends, and breaks off the write under way; pages not yet acknowledged are told so. */
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
      // Whoever gives up at close may take his job out meanwhile: then this one is another's.
      while (next != null
          && lines + next.lines().size() <= splitter.maxLines()
          && jobs.remove(next)) {
        batch.add(next);
        lines += next.lines().size();
        next = jobs.peek();
      }
      WriteResult.Postponed notNow = postponement();
      if (notNow == null) {
        writeBatch(batch);
      } else {
        // They were queued before the store was found to be away.
        batch.forEach(job -> job.result().complete(notNow));
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
      String words = outcome.failed().get(i);
      job.result()
          .complete(
              words != null
                  ? new WriteResult.Failed(words, clock.instant().plus(PAGE_PAUSE))
                  : new WriteResult.Acknowledged(
                      job.lines().size(),
                      outcome.rejected().getOrDefault(i, 0),
                      outcome.gaveUpAllowed().contains(i)));
    }
  }

  private void postpone(List<Job> batch, WriteFailure failure) {
    // A write that we broke off ourselves says nothing about the store.
    WriteResult result = ended ? postponed("the scraper is stopping") : unavailable(failure);
    batch.forEach(job -> job.result().complete(result));
  }

  private void acknowledged(List<Job> batch, BatchSplitter.Outcome outcome) {
    if (status.state() == MeshReport.Store.State.UNREACHABLE) {
      LOG.info("store is back store={}", store.description());
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
        // What is lost is told before what waits.
        && (recent == null || recent.trouble() != Trouble.POINTS_REJECTED)) {
      String words = outcome.failed().values().iterator().next();
      incident =
          new Incident(
              Trouble.WRITES_FAILING,
              "some agents keep their windows: " + words,
              now.plus(FAILING_SHOWN));
    }
  }

  private WriteResult unavailable(WriteFailure failure) {
    if (status.state() != MeshReport.Store.State.UNREACHABLE) {
      LOG.warn(
          "store does not take points, agents keep them store={} error={}",
          store.description(),
          failure.message());
    }
    Duration wait =
        failure instanceof Unavailable asked && asked.retryAfter().compareTo(backoff) > 0
            ? min(asked.retryAfter(), MAX_RETRY_AFTER)
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
