package io.llamamesh.scraper.metrics;

import io.llamamesh.results.MeshReport;
import io.llamamesh.scraper.cluster.AgentSource;
import io.llamamesh.scraper.matrix.AgentHealth;
import io.llamamesh.scraper.matrix.Matrix;
import io.llamamesh.scraper.pull.AgentPulls;
import io.llamamesh.scraper.store.StoreWriter;
import io.llamamesh.tls.CertificateTrust;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Prometheus metrics of the scraper itself: pulls, matrix and store, in base units. */
public final class ScraperMetrics {
  private static final double MILLIS = 1_000;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  /**
   * Registers all meters.
   *
   * @param store supplier of the store's status
   * @param writer null without a store
   * @param leads true while this scraper leads
   */
  public ScraperMetrics(
      Matrix matrix,
      AgentPulls pulls,
      AgentSource agents,
      Supplier<MeshReport.Store> store,
      @Nullable StoreWriter writer,
      BooleanSupplier leads) {
    count("llamamesh.scraper.answers", "Answers of agents", pulls, p -> p.counters().answers());
    count(
        "llamamesh.scraper.failures",
        "Requests to agents without a usable answer",
        pulls,
        p -> p.counters().failures());
    count("llamamesh.scraper.points", "Points read", pulls, p -> p.counters().points());
    count("llamamesh.scraper.windows", "Agents' windows read", pulls, p -> p.counters().windows());
    count(
        "llamamesh.scraper.malformed.points",
        "Points that could not be read, or cannot be true",
        pulls,
        p -> p.counters().malformed());
    count(
        "llamamesh.scraper.excess.points",
        "Points of more series than an agent may have",
        pulls,
        p -> p.counters().excess());
    count(
        "llamamesh.scraper.missed.windows",
        "Windows no longer retained when the store took them",
        pulls,
        p -> p.counters().missed());
    count("llamamesh.scraper.ignored.points", "Points left out of memory", matrix, Matrix::ignored);
    gauge("llamamesh.scraper.series", "Series held in memory", matrix, Matrix::size);
    count(
        CertificateTrust.METRIC,
        CertificateTrust.DESCRIPTION,
        agents,
        AgentSource::certificateRefusals);
    gauge(
        "llamamesh.scraper.history.bytes",
        "Memory that histories of pairs take",
        matrix,
        Matrix::historyBytes);
    gauge(
        "llamamesh.scraper.history.seconds",
        "How far back histories go; less than the retention where memory is short",
        matrix,
        Matrix::retainedSeconds);
    count(
        "llamamesh.store.points",
        "Points that the store acknowledged",
        store,
        s -> s.get().pointsWritten());
    count(
        "llamamesh.store.rejected.points",
        "Points given up, since the store rejects them for good",
        pulls,
        p -> writer == null ? 0 : writer.rejected());
    gauge(
        "llamamesh.store.backlog.windows",
        "Agents' windows read and not yet acknowledged by the store",
        pulls,
        AgentPulls::backlog);
    gauge(
        "llamamesh.store.reachable",
        "Whether the last write was acknowledged",
        store,
        s -> s.get().state() == MeshReport.Store.State.UNREACHABLE ? 0 : 1);
    gauge(
        "llamamesh.scraper.leader",
        "Whether this scraper writes to the store and speaks for the mesh",
        leads,
        l -> l.getAsBoolean() ? 1 : 0);
    gauge(
        "llamamesh.agents.clock.skew.max.seconds",
        "Largest difference between an agent's clock and ours",
        pulls,
        p -> p.health().stream().mapToLong(ScraperMetrics::skew).max().orElse(0) / MILLIS);
  }

  /** The metrics in Prometheus' text format. */
  public String scrape() {
    return registry.scrape();
  }

  private <T> void count(String name, String description, T source, ToDoubleFunction<T> value) {
    FunctionCounter.builder(name, source, value).description(description).register(registry);
  }

  private <T> void gauge(String name, String description, T source, ToDoubleFunction<T> value) {
    Gauge.builder(name, source, value)
        .description(description)
        .strongReference(true)
        .register(registry);
  }

  private static long skew(AgentHealth agent) {
    return Math.abs(agent.clockSkewMillis());
  }
}
