package io.llamamesh.operator.report;

import io.llamamesh.results.MeshReport;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Watches of one mesh's scrapers, one each: opened, opened anew where one ended, and closed. For
 * one thread at a time, which calls {@link #refresh} every few seconds.
 */
final class ReportWatches {
  private static final Duration RETRY_MIN = Duration.ofSeconds(2);
  private static final Duration RETRY_MAX = Duration.ofMinutes(1);

  private final ReportClient client;
  private final BiConsumer<ScraperEndpoint, MeshReport> onReport;
  private final Counts counts;
  private final Map<String, Watched> byPod = new HashMap<>();

  /** Counts over all meshes, for any thread. */
  static final class Counts {
    /** Watches that are open now. */
    final AtomicInteger open = new AtomicInteger();

    /** Watches that ended or could not be opened; polling goes on meanwhile. */
    final LongAdder ended = new LongAdder();
  }

  private static final class Watched {
    private ScraperEndpoint scraper;
    private @Nullable ReportWatch watch;
    private boolean counted;
    private Duration retry = RETRY_MIN;
    private long retryAt;

    Watched(ScraperEndpoint scraper, long now) {
      this.scraper = scraper;
      this.retryAt = now;
    }
  }

  /**
   * No watches yet.
   *
   * @param onReport takes each report, on a thread of the client
   */
  ReportWatches(
      ReportClient client, BiConsumer<ScraperEndpoint, MeshReport> onReport, Counts counts) {
    this.client = client;
    this.onReport = onReport;
    this.counts = counts;
  }

  /** Makes the watches those of these scrapers. */
  void refresh(List<ScraperEndpoint> scrapers, long now) {
    Set<String> pods = scrapers.stream().map(ScraperEndpoint::pod).collect(Collectors.toSet());
    byPod
        .entrySet()
        .removeIf(entry -> {
          boolean gone = !pods.contains(entry.getKey());
          if (gone) {
            end(entry.getValue());
          }
          return gone;
        });
    for (ScraperEndpoint scraper : scrapers) {
      Watched watched = byPod.computeIfAbsent(scraper.pod(), pod -> new Watched(scraper, now));
      if (!watched.scraper.url().equals(scraper.url())) {
        end(watched);
        watched.retryAt = now;
      }
      watched.scraper = scraper;
      refresh(watched, now);
    }
  }

  private void refresh(Watched watched, long now) {
    ReportWatch watch = watched.watch;
    if (watch != null) {
      if (watch.isOver() || watch.isSilent()) {
        counts.ended.increment();
        watched.retry =
            watch.isEstablished() ? RETRY_MIN : min(watched.retry.multipliedBy(2), RETRY_MAX);
        watched.retryAt = now + watched.retry.toNanos();
        end(watched);
      } else if (watch.isEstablished() && !watched.counted) {
        watched.counted = true;
        counts.open.incrementAndGet();
      }
      return;
    }
    if (now - watched.retryAt >= 0) {
      ScraperEndpoint scraper = watched.scraper;
      watched.watch = client.watch(scraper.url(), report -> onReport.accept(scraper, report));
    }
  }

  private void end(Watched watched) {
    ReportWatch watch = watched.watch;
    watched.watch = null;
    if (watch != null) {
      watch.close();
    }
    if (watched.counted) {
      watched.counted = false;
      counts.open.decrementAndGet();
    }
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  /** Ends all of them. */
  void close() {
    byPod.values().forEach(this::end);
    byPod.clear();
  }
}
