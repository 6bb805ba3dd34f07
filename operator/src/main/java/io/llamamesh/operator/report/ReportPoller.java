package io.llamamesh.operator.report;

import io.llamamesh.operator.report.ReportChoice.Answer;
import io.llamamesh.operator.status.NetworkView;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
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
      List<ScraperEndpoint> scrapers,
      Supplier<@Nullable String> writer,
      BooleanSupplier alive,
      Consumer<NetworkView> onChange) {
    meshes.compute(
        mesh,
        (key, polled) -> {
          PolledMesh next = polled == null ? new PolledMesh() : polled;
          next.interval = interval;
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

  private void tick() {
    try {
      meshes.values().removeIf(polled -> !polled.alive.getAsBoolean());
    } catch (RuntimeException e) {
      // An exception here would end all polling silently; the next tick asks again.
      LOG.warn("checking whether a mesh exists failed", e);
    }
    for (PolledMesh polled : meshes.values()) {
      // One at a time per mesh: a slow scraper must not pile up questions.
      if (polled.asking.compareAndSet(false, true)) {
        threads.execute(() -> {
          try {
            polled.accept(ask(polled), nanoTime.getAsLong());
          } catch (RejectedExecutionException e) {
            LOG.debug("closed while a report was requested");
          } finally {
            polled.asking.set(false);
          }
        });
      }
    }
  }

  private NetworkView ask(PolledMesh polled) {
    List<ScraperEndpoint> scrapers = polled.scrapers;
    CompletableFuture<Void> writerKnown =
        scrapers.size() > 1 ? polled.askForWriter() : CompletableFuture.<Void>completedFuture(null);
    List<CompletableFuture<Answer>> asked =
        scrapers.stream()
            .map(scraper -> CompletableFuture.supplyAsync(() -> answer(scraper), threads))
            .toList();
    List<Answer> answers = asked.stream().map(CompletableFuture::join).toList();
    writerKnown.join();
    polled.clocks.keySet().retainAll(scrapers.stream().map(ScraperEndpoint::pod).toList());
    return ReportChoice.of(answers.stream().map(polled::rejectStale).toList(), polled.lastWriter);
  }

  private Answer answer(ScraperEndpoint scraper) {
    return new Answer(scraper, client.fetch(scraper.url()));
  }

  @Override
  public void close() {
    clock.shutdownNow();
    client.close();
    threads.shutdownNow();
  }

  /** One mesh; its fields are written by one asker at a time and read by any thread. */
  private final class PolledMesh {
    final AtomicBoolean asking = new AtomicBoolean();
    final AtomicBoolean askingForWriter = new AtomicBoolean();
    volatile Duration interval = Duration.ofSeconds(10);
    volatile List<ScraperEndpoint> scrapers = List.of();
    volatile Supplier<@Nullable String> writer = () -> null;
    volatile BooleanSupplier alive = () -> true;
    volatile @Nullable Consumer<NetworkView> onChange;
    volatile NetworkView view = NetworkView.NOT_ASKED;
    volatile @Nullable String lastWriter;

    /** By pod; of one asker at a time. */
    final Map<String, StaleReportDetector> clocks = new ConcurrentHashMap<>();

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

    /** The answer, but for a report that stands still. */
    Answer rejectStale(Answer answer) {
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

    void accept(NetworkView next, long now) {
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
