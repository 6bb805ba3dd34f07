package io.llamamesh.operator.status;

import io.llamamesh.results.MeshReport;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks every mesh's scraper for its report, every two seconds with a second's timeout, off the
 * reconcile thread.
 *
 * <p>Of several scrapers the one that writes to the store is asked first, since only it knows of
 * the store; any other has the whole matrix too, and answers where that one does not.
 *
 * <p>The last report stays for ten seconds: one lost answer is not a lost scraper. Any thread may
 * call; {@link #close} ends its threads.
 */
public final class ReportPoller implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReportPoller.class);
  private static final Duration EVERY = Duration.ofSeconds(2);
  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final Duration KEPT = Duration.ofSeconds(10);
  private static final int MAX_BYTES = 1 << 20;

  private final HttpClient http;
  private final ScheduledExecutorService clock;
  private final LongSupplier nanoTime;
  private final Map<String, Polled> meshes = new ConcurrentHashMap<>();

  /** Starts polling; there is nothing to poll yet. */
  public static ReportPoller start() {
    return new ReportPoller(System::nanoTime);
  }

  private ReportPoller(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .proxy(HttpClient.Builder.NO_PROXY)
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .build();
    this.clock =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("report-poller").daemon().factory());
    var _ = clock.scheduleWithFixedDelay(this::tick, 0, EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Says where a mesh's scrapers are now; replaces what was said before.
   *
   * @param mesh any key
   * @param scrapers the ready ones, tried in this order; empty: none is ready
   * @param writer name of the pod that writes to the store, or null; asked only where there are
   *     several, on a thread of the poller
   * @param alive whether the mesh still exists; asked before each question, and it is forgotten
   *     when not
   * @param onChange called on a thread of the poller with each view that differs from the last one
   */
  public void watch(
      String mesh,
      List<ScraperAddress> scrapers,
      Supplier<@Nullable String> writer,
      BooleanSupplier alive,
      Consumer<NetworkView> onChange) {
    meshes.compute(
        mesh,
        (key, polled) -> {
          Polled next = polled == null ? new Polled() : polled;
          next.scrapers = List.copyOf(scrapers);
          next.writer = writer;
          next.alive = alive;
          next.onChange = onChange;
          return next;
        });
  }

  /** What is known of a mesh's network now. */
  public NetworkView view(String mesh) {
    Polled polled = meshes.get(mesh);
    return polled == null ? NetworkView.NOT_ASKED : polled.view;
  }

  private void tick() {
    try {
      meshes.values().removeIf(polled -> !polled.alive.getAsBoolean());
    } catch (RuntimeException e) {
      // An exception here would end all polling silently; the next tick asks again.
      LOG.warn("a mesh could not be asked whether it is still there", e);
    }
    for (Polled polled : meshes.values()) {
      // One at a time per mesh: a slow scraper must not pile up questions.
      if (polled.asking.compareAndSet(false, true)) {
        Thread.ofVirtual()
            .name("report")
            .start(() -> {
              try {
                polled.take(ask(polled), nanoTime.getAsLong());
              } finally {
                polled.asking.set(false);
              }
            });
      }
    }
  }

  private NetworkView ask(Polled polled) {
    NetworkView view =
        new NetworkView.Unknown("ScraperNotReady", "no scraper pod is ready to be asked");
    for (ScraperAddress scraper : polled.writerFirst()) {
      view = ask(scraper.url());
      if (view instanceof NetworkView.Known) {
        return view;
      }
    }
    return view;
  }

  private NetworkView ask(URI scraper) {
    URI uri = scraper.resolve("/api/v1/report");
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(TIMEOUT).GET().build();
    var asked =
        http.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_BYTES));
    try {
      // The request's own timeout ends with the headers; this one covers the body too.
      HttpResponse<byte[]> response = asked.get(2 * TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
      if (response.statusCode() != 200) {
        return unreachable(uri, "it answered " + response.statusCode());
      }
      return new NetworkView.Known(
          ResultsJson.mapper().readValue(response.body(), MeshReport.class));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return unreachable(uri, "interrupted");
    } catch (TimeoutException e) {
      return unreachable(uri, "no answer within a second");
    } catch (ExecutionException e) {
      return unreachable(uri, String.valueOf(e.getCause()));
    } catch (IOException e) {
      return new NetworkView.Unknown("ReportUnreadable", uri + ": " + e.getClass().getSimpleName());
    } finally {
      asked.cancel(true);
    }
  }

  private static NetworkView unreachable(URI uri, String why) {
    return new NetworkView.Unknown("ScraperUnreachable", uri + ": " + why);
  }

  @Override
  public void close() {
    clock.shutdownNow();
    http.shutdownNow();
  }

  /** One mesh; its fields are written by one asker at a time and read by any thread. */
  private static final class Polled {
    final AtomicBoolean asking = new AtomicBoolean();
    volatile List<ScraperAddress> scrapers = List.of();
    volatile Supplier<@Nullable String> writer = () -> null;
    volatile BooleanSupplier alive = () -> true;
    volatile @Nullable Consumer<NetworkView> onChange;
    volatile NetworkView view = NetworkView.NOT_ASKED;
    private long knownAt;

    List<ScraperAddress> writerFirst() {
      List<ScraperAddress> all = scrapers;
      String first = all.size() > 1 ? writer.get() : null;
      return all.stream().sorted(Comparator.comparing(s -> !s.pod().equals(first))).toList();
    }

    void take(NetworkView next, long now) {
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
