package io.llamamesh.registry.http;

import io.llamamesh.registry.directory.ExpiryResult;
import io.llamamesh.registry.directory.Registry;
import io.llamamesh.registry.directory.RegistryCounts;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** The content of {@code /metrics}, as llama-sd's JSON and as Prometheus text. Thread-safe. */
public final class RegistryMetrics {
  private static final double NANOS = 1e9;

  /** Llama-sd's server looks once a minute, and its readers take the numbers for a minute's. */
  private static final int SWEEPS_A_MINUTE = 6;

  private final Registry registry;
  private final InstantSource clock;
  private final Instant start;
  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Deque<Swept> lastMinute = new ArrayDeque<>();

  /**
   * A look for what ran out.
   *
   * @param found what it removed
   * @param took how long it took
   */
  public record Swept(ExpiryResult found, Duration took) {}

  /** Metrics of a directory from now on. */
  public RegistryMetrics(Registry registry, InstantSource clock) {
    this.registry = registry;
    this.clock = clock;
    this.start = clock.instant();
    gauge("llamamesh.registry.probes", "Registered probes", RegistryCounts::probes);
    gauge("llamamesh.registry.groups", "Groups of probes", RegistryCounts::groups);
    gauge(
        "llamamesh.registry.shadowed.probes",
        "Registered probes that are not served: another has their name or address",
        RegistryCounts::shadowed);
    gauge(
        "llamamesh.registry.source.only.probes",
        "Registered probes that probe and are not probed: another has their address and port",
        RegistryCounts::sourcesOnly);
    gauge(
        "llamamesh.registry.site.only.probes",
        "Registered probes that only probes of their own site are told of",
        RegistryCounts::siteOnly);
    gauge("llamamesh.registry.documents.bytes", "Size of all entries", RegistryCounts::bytes);
    count(
        "llamamesh.registry.registrations",
        "Registrations accepted",
        RegistryCounts::registrations);
    count("llamamesh.registry.expired.probes", "Probes that aged out", RegistryCounts::expired);
    count(
        "llamamesh.registry.displaced.probes",
        "Probes displaced by another of the same name or address",
        RegistryCounts::displaced);
  }

  /** Takes what a look for entries that ran out found, one every ten seconds. */
  public synchronized void recordSweep(Swept swept) {
    if (lastMinute.size() >= SWEEPS_A_MINUTE) {
      lastMinute.removeFirst();
    }
    lastMinute.addLast(swept);
  }

  private synchronized Swept lastMinute() {
    int probes = 0;
    int groups = 0;
    Duration took = Duration.ZERO;
    for (Swept swept : lastMinute) {
      probes += swept.found().probes();
      groups += swept.found().groups();
      took = swept.took();
    }
    return new Swept(new ExpiryResult(probes, groups), took);
  }

  /** Counts a request that was refused. */
  void countRefused(String reason) {
    Counter.builder("llamamesh.registry.refused.requests")
        .description("Requests refused, by reason")
        .tag("reason", reason)
        .register(meters)
        .increment();
  }

  /** Counts answers by whether the config had changed. */
  void countConfig(boolean changed) {
    Counter.builder("llamamesh.registry.config.answers")
        .description("Configs asked for, by whether they had changed since")
        .tag("changed", Boolean.toString(changed))
        .register(meters)
        .increment();
  }

  /** The Prometheus text. */
  String prometheus() {
    return meters.scrape();
  }

  /** The members of llama-sd's JSON, sorted. */
  public Map<String, Object> json() {
    RegistryCounts counts = registry.counts();
    Swept swept = lastMinute();
    Map<String, Object> json = new TreeMap<>();
    json.put("start_time", httpDate(start));
    json.put("metrics_timestamp", httpDate(clock.instant()));
    json.put("uptime", seconds(Duration.between(start, clock.instant())));
    json.put("probe_count_active", counts.probes() - counts.shadowed());
    json.put("probe_count_removed", swept.found().probes());
    json.put("group_count_active", counts.groups());
    json.put("group_count_removed", swept.found().groups());
    json.put("database_size_bytes", counts.bytes());
    json.put("clean_runtime", seconds(swept.took()));
    json.put("active_threads", ManagementFactory.getThreadMXBean().getThreadCount());
    return json;
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / NANOS;
  }

  private static String httpDate(Instant instant) {
    return DateTimeFormatter.RFC_1123_DATE_TIME.format(instant.atOffset(ZoneOffset.UTC));
  }

  private void gauge(String name, String description, ToDoubleFunction<RegistryCounts> value) {
    Gauge.builder(name, registry, r -> value.applyAsDouble(r.counts()))
        .description(description)
        .strongReference(true)
        .register(meters);
  }

  private void count(String name, String description, ToDoubleFunction<RegistryCounts> value) {
    FunctionCounter.builder(name, registry, r -> value.applyAsDouble(r.counts()))
        .description(description)
        .register(meters);
  }
}
