package io.llamamesh.scraper.metrics;

import io.llamamesh.http.EventStreams;
import io.llamamesh.results.FabricReport;
import io.llamamesh.results.MeshReport;
import io.llamamesh.scraper.cluster.AgentSource;
import io.llamamesh.scraper.fabric.FabricWatcher;
import io.llamamesh.scraper.matrix.AgentHealth;
import io.llamamesh.scraper.matrix.Matrix;
import io.llamamesh.scraper.pull.AgentPulls;
import io.llamamesh.scraper.pull.SilencePoller;
import io.llamamesh.scraper.store.StoreWriter;
import io.llamamesh.tls.CertificateTrust;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Locale;
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
    count(
        "llamamesh.scraper.answers",
        "Agent polls with a usable answer",
        pulls,
        p -> p.counters().answers());
    count(
        "llamamesh.scraper.failures",
        "Agent polls without a usable answer",
        pulls,
        p -> p.counters().failures());
    count(
        "llamamesh.scraper.points",
        "Points received from agents",
        pulls,
        p -> p.counters().points());
    count(
        "llamamesh.scraper.windows",
        "Windows received from agents",
        pulls,
        p -> p.counters().windows());
    count(
        "llamamesh.scraper.malformed.points",
        "Points dropped as malformed or implausible",
        pulls,
        p -> p.counters().malformed());
    count(
        "llamamesh.scraper.excess.points",
        "Points dropped beyond the series quota of an agent",
        pulls,
        p -> p.counters().excess());
    count(
        "llamamesh.scraper.foreign.points",
        "Points refused as another node's than the sender's",
        pulls,
        p -> p.counters().foreign());
    count(
        "llamamesh.scraper.missed.windows",
        "Windows missed by the store, as agents no longer retained them",
        pulls,
        p -> p.counters().missed());
    count(
        "llamamesh.scraper.ignored.points",
        "Points left out of the matrix",
        matrix,
        Matrix::ignored);
    gauge("llamamesh.scraper.series", "Series in the matrix", matrix, Matrix::size);
    count(
        CertificateTrust.METRIC,
        CertificateTrust.DESCRIPTION,
        agents,
        AgentSource::certificateRefusals);
    gauge(
        "llamamesh.scraper.history.bytes",
        "Memory of the histories of pairs",
        matrix,
        Matrix::historyBytes);
    gauge(
        "llamamesh.scraper.history.seconds",
        "Retention of the histories of pairs, shorter than configured if memory is short",
        matrix,
        Matrix::retainedSeconds);
    count(
        "llamamesh.store.points",
        "Points acknowledged by the store",
        store,
        s -> s.get().pointsWritten());
    count(
        "llamamesh.store.rejected.points",
        "Points given up, as the store rejects them for good",
        pulls,
        p -> writer == null ? 0 : writer.rejected());
    gauge(
        "llamamesh.store.backlog.windows",
        "Windows received and not yet acknowledged by the store",
        pulls,
        AgentPulls::backlog);
    gauge(
        "llamamesh.store.reachable",
        "1 if the last write was acknowledged, else 0",
        store,
        s -> s.get().state() == MeshReport.Store.State.UNREACHABLE ? 0 : 1);
    gauge(
        "llamamesh.scraper.leader",
        "1 if this scraper leads and writes to the store, else 0",
        leads,
        l -> l.getAsBoolean() ? 1 : 0);
    gauge(
        "llamamesh.agents.clock.skew.max.seconds",
        "Largest clock skew between an agent and this scraper",
        pulls,
        p -> p.health().stream().mapToLong(ScraperMetrics::skew).max().orElse(0) / MILLIS);
  }

  /** Registers the meters of the watched fabric. */
  public void fabric(FabricWatcher fabric) {
    gauge(
        "llamamesh.fabric.report.agents",
        "Agents whose fabric this scraper watches and that answer",
        fabric,
        f -> number(f, FabricReport::agents));
    for (FabricReport.Kind kind : FabricReport.Kind.values()) {
      Gauge.builder(
              "llamamesh.fabric.report.unreachable", fabric, f -> number(f, r -> count(r, kind)))
          .description("Nodes that no agent of the fabric reaches, by what is gone of them")
          .tag("kind", kind.name().toLowerCase(Locale.ROOT))
          .strongReference(true)
          .register(registry);
    }
    gauge(
        "llamamesh.fabric.report.partitions",
        "Partitions of nodes that are alive and cannot reach each other, those of UDP alone not counted",
        fabric,
        f -> number(f, r -> r.partitions().stream().filter(p -> !p.probesOnly()).count()));
    gauge(
        "llamamesh.fabric.report.probes.blocked",
        "Partitions for UDP alone: TCP passes between the sides",
        fabric,
        f -> number(f, r -> r.partitions().stream().filter(p -> p.probesOnly()).count()));
    gauge(
        "llamamesh.fabric.report.blocked",
        "Nodes that answer probes and have no link of the fabric, whose TCP port is blocked",
        fabric,
        f -> number(f, r -> r.fabricBlocked().size()));
    count(
        "llamamesh.fabric.report.watch.failures",
        "Watches of agents' fabric that could not be opened or broke",
        fabric,
        FabricWatcher::failures);
  }

  /** Registers the meters of silences whose times are of a clock that is not this scraper's. */
  public void silences(SilencePoller silences) {
    skewed(silences, "held", SilencePoller::heldForTheirLength);
    skewed(silences, "ignored", SilencePoller::ignored);
  }

  private void skewed(
      SilencePoller silences, String result, ToDoubleFunction<SilencePoller> value) {
    FunctionCounter.builder("llamamesh.scraper.silences.skewed", silences, value)
        .description(
            "Silences whose times are of a clock more than a minute off: held for their length, or ignored")
        .tag("result", result)
        .register(registry);
  }

  /** Registers the meters of watches that this scraper serves. */
  public void watches(EventStreams streams) {
    gauge("llamamesh.scraper.watches", "Watches of the report", streams, EventStreams::open);
    count(
        "llamamesh.scraper.watches.refused",
        "Watches of the report refused since too many were open",
        streams,
        EventStreams::refused);
    count(
        "llamamesh.scraper.watches.cut",
        "Watches of the report cut since their readers did not take an event in time",
        streams,
        EventStreams::cut);
  }

  private static double number(FabricWatcher fabric, ToDoubleFunction<FabricReport> value) {
    FabricReport report = fabric.report();
    return report == null ? 0 : value.applyAsDouble(report);
  }

  private static long count(FabricReport report, FabricReport.Kind kind) {
    return report.unreachable().stream().filter(each -> each.kind() == kind).count();
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
