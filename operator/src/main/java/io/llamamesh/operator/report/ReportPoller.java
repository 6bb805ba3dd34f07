package io.llamamesh.operator.report;

import io.llamamesh.operator.report.ReportChoice.Answer;
import io.llamamesh.operator.status.NetworkView;
import io.llamamesh.results.MeshReport;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks every mesh's scrapers for their reports, every two seconds, off the reconcile thread.
 *
 * <p>All scrapers of a mesh are asked at once, each for two seconds at most, so that one on a node
 * that is cut off costs no time; {@link ReportChoice} says whose word counts. Which of them writes
 * to the store is asked beside, and while the API server does not say so the last answer stands.
 *
 * <p>Where a mesh asks for it, each scraper's report is watched beside: what it sends counts at
 * once, and polling finds what a watch that ended would have missed.
 *
 * <p>The last report stays for ten seconds: one lost answer is not a lost scraper. Any thread may
 * call; {@link #close} ends its threads.
 */
public final class ReportPoller implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReportPoller.class);
  private static final Duration EVERY = Duration.ofSeconds(2);
  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final Duration KEPT = Duration.ofSeconds(10);

  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("report-", 0).factory());
  private final ReportClient client;
  private final ScheduledExecutorService clock;
  private final LongSupplier nanoTime;
  private final Map<String, PolledMesh> meshes = new ConcurrentHashMap<>();
  private final ReportWatches.Counts watchCounts = new ReportWatches.Counts();

  /** Starts polling; there is nothing to poll yet. */
  public static ReportPoller start() {
    return new ReportPoller(System::nanoTime);
  }

  private ReportPoller(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.client = new ReportClient(TIMEOUT, threads);
    this.clock =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("report-poller").daemon().factory());
    var _ = clock.scheduleWithFixedDelay(this::tick, 0, EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Says where a mesh's scrapers are now; replaces what was said before.
   *
   * @param mesh any key
   * @param interval of the mesh's windows
   * @param pushed whether scrapers are asked to send each change at once
   * @param scrapers those that may answer; empty: there are none
   * @param writer name of the pod that writes to the store, or null; asked only where there are
   *     several, on a thread of the poller
   * @param alive whether the mesh still exists; asked before each question, and it is forgotten
   *     when not
   * @param onChange called on a thread of the poller with each view that differs from the last one
   */
  public void watch(
      String mesh,
      Duration interval,
      boolean pushed,
      List<ScraperEndpoint> scrapers,
      Supplier<@Nullable String> writer,
      BooleanSupplier alive,
      Consumer<NetworkView> onChange) {
    meshes.compute(
        mesh,
        (key, polled) -> {
          PolledMesh next = polled == null ? new PolledMesh() : polled;
          next.interval = interval;
          next.pushed = pushed;
          next.scrapers = List.copyOf(scrapers);
          next.writer = writer;
          next.alive = alive;
          next.onChange = onChange;
          return next;
        });
  }

  /** The latest view of a mesh's network. */
  public NetworkView view(String mesh) {
    PolledMesh polled = meshes.get(mesh);
    return polled == null ? NetworkView.NOT_ASKED : polled.view;
  }

  /** Watches that are open now. */
  public int openWatches() {
    return watchCounts.open.get();
  }

  /** Watches that ended or could not be opened, so far. */
  public long endedWatches() {
    return watchCounts.ended.sum();
  }

  private void tick() {
    try {
      meshes
          .values()
          .removeIf(polled -> {
            boolean gone = !polled.alive.getAsBoolean();
            if (gone) {
              polled.watches.close();
            }
            return gone;
          });
    } catch (RuntimeException e) {
      // An exception here would end all polling silently; the next tick asks again.
      LOG.warn("checking whether a mesh exists failed", e);
    }
    for (PolledMesh polled : meshes.values()) {
      refreshWatches(polled);
      // One at a time per mesh: a slow scraper must not pile up questions.
      if (polled.asking.compareAndSet(false, true)) {
        threads.execute(() -> {
          try {
            ask(polled);
          } catch (RejectedExecutionException e) {
            LOG.debug("closed while a report was requested");
          } finally {
            polled.asking.set(false);
          }
        });
      }
    }
  }

  private void refreshWatches(PolledMesh polled) {
    try {
      polled.watches.refresh(polled.pushed ? polled.scrapers : List.of(), nanoTime.getAsLong());
    } catch (RuntimeException e) {
      LOG.warn("watching a mesh's reports failed", e);
    }
  }

  private void ask(PolledMesh polled) {
    List<ScraperEndpoint> scrapers = polled.scrapers;
    CompletableFuture<Void> writerKnown =
        scrapers.size() > 1 ? polled.askForWriter() : CompletableFuture.<Void>completedFuture(null);
    List<CompletableFuture<Answer>> asked =
        scrapers.stream()
            .map(scraper -> CompletableFuture.supplyAsync(() -> answer(scraper), threads))
            .toList();
    List<Answer> answers = asked.stream().map(CompletableFuture::join).toList();
    writerKnown.join();
    polled.accept(scrapers, answers);
  }

  private Answer answer(ScraperEndpoint scraper) {
    return new Answer(scraper, client.fetch(scraper.url()));
  }

  @Override
  public void close() {
    clock.shutdownNow();
    // Ends the watches, too.
    client.close();
    threads.shutdownNow();
  }

  /**
   * One mesh. What it is asked for is set by any thread; {@link #watches} are the clock's, all else
   * of its asker's and its watches' under its lock.
   */
  private final class PolledMesh {
    final ReportWatches watches = new ReportWatches(client, this::push, watchCounts);
    final AtomicBoolean asking = new AtomicBoolean();
    final AtomicBoolean askingForWriter = new AtomicBoolean();
    volatile Duration interval = Duration.ofSeconds(10);
    volatile boolean pushed;
    volatile List<ScraperEndpoint> scrapers = List.of();
    volatile Supplier<@Nullable String> writer = () -> null;
    volatile BooleanSupplier alive = () -> true;
    volatile @Nullable Consumer<NetworkView> onChange;
    volatile NetworkView view = NetworkView.NOT_ASKED;
    volatile @Nullable String lastWriter;

    private final Map<String, StaleReportDetector> clocks = new HashMap<>();

    /** The latest of each scraper, by pod in the order in which they were asked. */
    private final Map<String, Answer> latest = new LinkedHashMap<>();

    private long knownAt;

    /**
     * Asks which scraper writes to the store. Ends with the answer, or as late as a scraper's
     * would; what the API server answers later is kept for the next time.
     */
    CompletableFuture<Void> askForWriter() {
      if (!askingForWriter.compareAndSet(false, true)) {
        return CompletableFuture.<Void>completedFuture(null);
      }
      return CompletableFuture.runAsync(this::learnWriter, threads)
          .completeOnTimeout(null, TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void learnWriter() {
      try {
        lastWriter = writer.get();
      } catch (RuntimeException e) {
        LOG.warn("scraper lease not read", e);
      } finally {
        askingForWriter.set(false);
      }
    }

    /** Takes the answers of all scrapers. */
    synchronized void accept(List<ScraperEndpoint> asked, List<Answer> answers) {
      clocks.keySet().retainAll(asked.stream().map(ScraperEndpoint::pod).toList());
      List<Answer> fresh = answers.stream().map(this::rejectStale).map(this::newest).toList();
      latest.clear();
      fresh.forEach(answer -> latest.put(answer.from().pod(), answer));
      choose();
    }

    /** Takes what a scraper sent by itself. */
    synchronized void push(ScraperEndpoint from, MeshReport report) {
      if (!scrapers.contains(from)) {
        return;
      }
      latest.put(from.pod(), newest(rejectStale(new Answer(from, new NetworkView.Known(report)))));
      choose();
    }

    /**
     * Of what was asked for and what was sent the later one: they may overtake each other. By much
     * only a clock that was set back does.
     */
    private Answer newest(Answer answer) {
      Answer before = latest.get(answer.from().pod());
      if (before == null
          || !(before.view() instanceof NetworkView.Known older)
          || !(answer.view() instanceof NetworkView.Known newer)) {
        return answer;
      }
      Duration lead = Duration.between(newer.report().time(), older.report().time());
      return lead.isPositive() && lead.compareTo(KEPT) < 0 ? before : answer;
    }

    private void choose() {
      accept(ReportChoice.of(List.copyOf(latest.values()), lastWriter), nanoTime.getAsLong());
    }

    /** The answer, but for a report that stands still. */
    private Answer rejectStale(Answer answer) {
      if (!(answer.view() instanceof NetworkView.Known known)) {
        return answer;
      }
      Instant time = known.report().time();
      StaleReportDetector clock =
          clocks.computeIfAbsent(answer.from().pod(), pod -> new StaleReportDetector());
      return clock.isStale(time, nanoTime.getAsLong(), Instant.now(), interval)
          ? new Answer(
              answer.from(),
              new NetworkView.Unknown(
                  "ReportStale",
                  "scraper "
                      + answer.from().pod()
                      + " answers, but with a report of "
                      + time.truncatedTo(ChronoUnit.SECONDS)
                      + " that does not move: see its log"))
          : answer;
    }

    private void accept(NetworkView next, long now) {
      boolean known = next instanceof NetworkView.Known;
      if (known) {
        knownAt = now;
      } else if (view instanceof NetworkView.Known
          && now - knownAt < KEPT.toNanos()
          && !scrapers.isEmpty()) {
        return;
      }
      if (!next.equals(view)) {
        view = next;
        Consumer<NetworkView> listener = onChange;
        if (listener != null) {
          listener.accept(next);
        }
      }
    }
  }
}
