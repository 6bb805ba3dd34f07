package io.llamamesh.scraper.main;

import io.llamamesh.results.MeshReport;
import io.llamamesh.results.Verdict;
import io.llamamesh.scraper.matrix.AgentHealth;
import io.llamamesh.scraper.matrix.Matrix;
import io.llamamesh.scraper.pull.Pulls;
import io.llamamesh.scraper.store.StoreWriter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What {@code /metrics} says: reading, writing, and the network; base units, bounded series. */
final class ScraperMetrics {
  private static final double PERCENT = 100;
  private static final double MILLIS = 1_000;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Supplier<MeshReport> report;
  private final MultiGauge badLoss;
  private final MultiGauge badP99;

  ScraperMetrics(
      Matrix matrix,
      Pulls pulls,
      Supplier<MeshReport.Store> store,
      @Nullable StoreWriter writer,
      Supplier<MeshReport> report) {
    this.report = report;
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
        "Points that could not be read",
        pulls,
        p -> p.counters().malformed());
    count(
        "llamamesh.scraper.missed.windows",
        "Windows no longer retained when the store took them",
        pulls,
        p -> p.counters().missed());
    count("llamamesh.scraper.ignored.points", "Points left out of memory", matrix, Matrix::ignored);
    gauge("llamamesh.scraper.series", "Series held in memory", matrix, Matrix::size);
    if (writer != null) {
      count(
          "llamamesh.store.points", "Points acknowledged", writer, w -> w.status().pointsWritten());
      count("llamamesh.store.rejected.points", "Points refused", writer, StoreWriter::rejected);
    }
    gauge(
        "llamamesh.store.reachable",
        "Whether the last write was acknowledged",
        store,
        s -> s.get().state() == MeshReport.Store.State.UNREACHABLE ? 0 : 1);
    gauge("llamamesh.agents", "Agents that should report", report, r -> r.get().totals().agents());
    gauge(
        "llamamesh.agents.reporting",
        "Agents whose last window arrived",
        report,
        r -> r.get().totals().agentsReporting());
    gauge("llamamesh.pairs", "Ordered pairs seen", report, r -> r.get().totals().pairs());
    gauge("llamamesh.pairs.bad", "Pairs judged bad", report, r -> r.get().totals().badPairs());
    gauge(
        "llamamesh.loss.ratio",
        "Loss over all pairs",
        report,
        r -> orNaN(r.get().totals().lossPercent()) / PERCENT);
    gauge(
        "llamamesh.rtt.p50.seconds",
        "Median over pairs of the median RTT",
        report,
        r -> orNaN(r.get().totals().rttP50()) / MILLIS);
    gauge(
        "llamamesh.rtt.p99.seconds",
        "99th percentile over pairs of the p99 RTT",
        report,
        r -> orNaN(r.get().totals().rttP99()) / MILLIS);
    gauge(
        "llamamesh.network.healthy",
        "1 healthy, 0 not, NaN unknown",
        report,
        r -> healthy(r.get().verdict()));
    gauge(
        "llamamesh.agents.clock.skew.max.seconds",
        "Largest difference between an agent's clock and ours",
        pulls,
        p -> p.health().stream().mapToLong(ScraperMetrics::skew).max().orElse(0) / MILLIS);
    this.badLoss =
        MultiGauge.builder("llamamesh.pair.loss.ratio")
            .description("Loss of the worst bad pairs, at most 50")
            .register(registry);
    this.badP99 =
        MultiGauge.builder("llamamesh.pair.rtt.p99.seconds")
            .description("p99 RTT of the worst bad pairs, at most 50")
            .register(registry);
  }

  String scrape() {
    List<MultiGauge.Row<?>> losses = new ArrayList<>();
    List<MultiGauge.Row<?>> latencies = new ArrayList<>();
    for (MeshReport.PairReport pair : report.get().worstPairs()) {
      Tags tags =
          Tags.of("source", pair.source(), "destination", pair.destination(), "port", pair.port());
      losses.add(MultiGauge.Row.of(tags, orNaN(pair.lossPercent()) / PERCENT));
      latencies.add(MultiGauge.Row.of(tags, orNaN(pair.rttP99()) / MILLIS));
    }
    badLoss.register(losses, true);
    badP99.register(latencies, true);
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

  private static double healthy(Verdict verdict) {
    return switch (verdict) {
      case HEALTHY -> 1;
      case NO_DATA -> Double.NaN;
      case NODE_LOSS, ZONE_LOSS, PAIR_LOSS, PARTIAL_PATH, ONE_WAY_LOSS, HIGH_LATENCY -> 0;
    };
  }

  private static double orNaN(@Nullable Double value) {
    return value == null ? Double.NaN : value;
  }
}
