package io.llamamesh.scraper.metrics;

import io.llamamesh.results.MatrixDocument.ZonePair;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.MeshReport.PairReport;
import io.llamamesh.results.SilencedNode;
import io.llamamesh.results.Verdict;
import io.llamamesh.scraper.matrix.Cell;
import io.llamamesh.scraper.matrix.PairSeries;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Prometheus metrics of the network: totals, zone pairs, and bad pairs, in base units.
 *
 * <p>The number of series is bounded in any mesh, unless every pair is configured: at most {@value
 * #MAX_ZONE_PAIRS} zone pairs and classes, those with most loss first, and the report's worst
 * pairs. Omitted zone pairs are counted.
 */
public final class NetworkMetrics {
  static final int MAX_ZONE_PAIRS = 400;
  private static final double PERCENT = 100;
  private static final double MILLIS = 1_000;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Supplier<MeshReport> report;
  private final Supplier<List<PairSeries>> pairs;
  private final Supplier<List<ZonePair>> zonePairs;
  private final MultiGauge pairLoss;
  private final MultiGauge pairP50;
  private final MultiGauge pairP99;
  private final MultiGauge zoneLoss;
  private final MultiGauge zoneP50;
  private final MultiGauge zoneP99;
  private final MultiGauge suspects;
  private final MultiGauge silent;
  private final MultiGauge silenced;
  private final MultiGauge verdicts;

  private record Numbers(double loss, double p50, double p99) {}

  /**
   * @param report supplier of the newest report
   * @param pairs supplier of pairs that get series although they are not bad
   * @param zonePairs supplier of the newest roll-up
   */
  public NetworkMetrics(
      Supplier<MeshReport> report,
      Supplier<List<PairSeries>> pairs,
      Supplier<List<ZonePair>> zonePairs) {
    this.report = report;
    this.pairs = pairs;
    this.zonePairs = zonePairs;
    total("llamamesh.agents", "Agents that should report", r -> r.totals().agents());
    total(
        "llamamesh.agents.reporting",
        "Agents whose last window arrived",
        r -> r.totals().agentsReporting());
    total("llamamesh.pairs", "Ordered pairs of nodes with windows", r -> r.totals().pairs());
    total(
        "llamamesh.pairs.bad",
        "Pairs of nodes judged bad in some class",
        r -> r.totals().badPairs());
    total("llamamesh.loss.ratio", "Loss over all pairs", r -> ratio(r.totals().lossPercent()));
    total(
        "llamamesh.rtt.p50.seconds",
        "Median over pairs of the median RTT",
        r -> seconds(r.totals().rttP50()));
    total(
        "llamamesh.rtt.p99.seconds",
        "99th percentile over pairs of the p99 RTT",
        r -> seconds(r.totals().rttP99()));
    total("llamamesh.network.healthy", "1 healthy, 0 not, NaN unknown", r -> healthy(r.verdict()));
    total(
        "llamamesh.report.time.seconds",
        "Time of the newest report, since the epoch",
        r -> r.time().toEpochMilli() / MILLIS);
    Gauge.builder(
            "llamamesh.zone.pairs.omitted",
            this,
            m -> Math.max(0, m.zonePairs.get().size() - MAX_ZONE_PAIRS))
        .description("Zone pairs omitted beyond the limit of series")
        .register(registry);
    this.pairLoss = gauges("llamamesh.pair.loss.ratio", "Loss of a bad pair, at most 50 pairs");
    this.pairP50 = gauges("llamamesh.pair.rtt.p50.seconds", "Median RTT of a bad pair");
    this.pairP99 = gauges("llamamesh.pair.rtt.p99.seconds", "p99 RTT of a bad pair");
    this.zoneLoss = gauges("llamamesh.zone.pair.loss.ratio", "Loss over all pairs of two zones");
    this.zoneP50 =
        gauges("llamamesh.zone.pair.rtt.p50.seconds", "Median over pairs of the median RTT");
    this.zoneP99 = gauges("llamamesh.zone.pair.rtt.p99.seconds", "The worst pair's p99 RTT");
    this.verdicts = gauges("llamamesh.network.verdict", "1 for the verdict that holds, else 0");
    this.silent =
        gauges(
            "llamamesh.silent.sources",
            "Sources that get no answer from a silent node or target; at most 50");
    this.silenced =
        gauges(
            "llamamesh.silenced.until.seconds",
            "Time until which a node is silenced and not judged, since the epoch; at most 100");
    this.suspects =
        gauges(
            "llamamesh.suspect.bad.links", "Bad links explained by a suspect, at most 20 suspects");
  }

  /** The metrics in Prometheus' text format. */
  public String scrape() {
    MeshReport now = report.get();
    pairs(now);
    zones();
    silent(now);
    silenced(now);
    List<MultiGauge.Row<?>> rows = new ArrayList<>();
    for (MeshReport.Suspect suspect : now.suspects()) {
      MeshReport.Direction direction = suspect.direction();
      Tags tags =
          Tags.of(
              "kind", lowerCase(suspect.kind().name()),
              "name", suspect.name(),
              "direction", direction == null ? "both" : lowerCase(direction.name()));
      rows.add(MultiGauge.Row.of(tags, suspect.explains()));
    }
    suspects.register(rows, true);
    return registry.scrape();
  }

  private void silenced(MeshReport now) {
    List<MultiGauge.Row<?>> nodes = new ArrayList<>();
    for (SilencedNode one : now.silenced()) {
      nodes.add(
          MultiGauge.Row.of(Tags.of("node", one.node()), one.until().toEpochMilli() / MILLIS));
    }
    silenced.register(nodes, true);
  }

  private void silent(MeshReport now) {
    List<MultiGauge.Row<?>> names = new ArrayList<>();
    for (MeshReport.Silent one : now.silent()) {
      names.add(
          MultiGauge.Row.of(
              Tags.of("name", one.name(), "cause", lowerCase(one.cause().name())), one.sources()));
    }
    silent.register(names, true);
    List<MultiGauge.Row<?>> all = new ArrayList<>();
    for (Verdict verdict : Verdict.values()) {
      all.add(
          MultiGauge.Row.of(
              Tags.of("verdict", verdict.reason()), verdict == now.verdict() ? 1 : 0));
    }
    verdicts.register(all, true);
  }

  private void pairs(MeshReport now) {
    Map<Tags, Numbers> numbers = new LinkedHashMap<>();
    Set<String> unreachable =
        now.silent().stream()
            .filter(one -> one.cause() == MeshReport.Cause.UNREACHABLE)
            .map(MeshReport.Silent::name)
            .collect(Collectors.toSet());
    for (PairSeries pair : pairs.get()) {
      if (unreachable.contains(pair.destination())) {
        continue;
      }
      Cell cell = pair.pooled();
      numbers.merge(
          Tags.of("source", pair.source(), "destination", pair.destination(), "port", pair.port()),
          new Numbers(cell.lossPercent() / PERCENT, cell.rttP50() / MILLIS, cell.rttP99() / MILLIS),
          NetworkMetrics::worse);
    }
    for (PairReport pair : now.worstPairs()) {
      // A pair may be bad in both address families: then the worse one counts.
      numbers.merge(
          Tags.of("source", pair.source(), "destination", pair.destination(), "port", pair.port()),
          new Numbers(ratio(pair.lossPercent()), seconds(pair.rttP50()), seconds(pair.rttP99())),
          NetworkMetrics::worse);
    }
    register(numbers, pairLoss, pairP50, pairP99);
  }

  private void zones() {
    Map<Tags, Numbers> numbers = new LinkedHashMap<>();
    zonePairs.get().stream()
        .sorted(Comparator.comparingDouble(NetworkMetrics::loss).reversed())
        .limit(MAX_ZONE_PAIRS)
        .forEach(zones ->
            numbers.put(
                Tags.of(
                    "source_zone", zones.source(),
                    "destination_zone", zones.destination(),
                    "port", zones.port(),
                    "family", zones.family()),
                new Numbers(
                    ratio(zones.lossPercent()),
                    seconds(zones.medianRttP50()),
                    seconds(zones.worstRttP99()))));
    register(numbers, zoneLoss, zoneP50, zoneP99);
  }

  private static void register(
      Map<Tags, Numbers> numbers, MultiGauge loss, MultiGauge p50, MultiGauge p99) {
    loss.register(rows(numbers, Numbers::loss), true);
    p50.register(rows(numbers, Numbers::p50), true);
    p99.register(rows(numbers, Numbers::p99), true);
  }

  private static List<MultiGauge.Row<?>> rows(
      Map<Tags, Numbers> numbers, ToDoubleFunction<Numbers> value) {
    List<MultiGauge.Row<?>> rows = new ArrayList<>(numbers.size());
    numbers.forEach((tags, all) -> rows.add(MultiGauge.Row.of(tags, value.applyAsDouble(all))));
    return rows;
  }

  private void total(String name, String description, ToDoubleFunction<MeshReport> value) {
    Gauge.builder(name, report, supplier -> value.applyAsDouble(supplier.get()))
        .description(description)
        .strongReference(true)
        .register(registry);
  }

  private MultiGauge gauges(String name, String description) {
    return MultiGauge.builder(name).description(description).register(registry);
  }

  private static Numbers worse(Numbers a, Numbers b) {
    return new Numbers(worse(a.loss, b.loss), worse(a.p50, b.p50), worse(a.p99, b.p99));
  }

  private static double worse(double a, double b) {
    return Double.isNaN(a) || b > a ? b : a;
  }

  private static double loss(ZonePair zones) {
    Double loss = zones.lossPercent();
    return loss == null ? -1 : loss;
  }

  private static double healthy(Verdict verdict) {
    if (verdict.isUnknown()) {
      return Double.NaN;
    }
    return verdict == Verdict.HEALTHY ? 1 : 0;
  }

  private static String lowerCase(String constant) {
    return constant.toLowerCase(Locale.ROOT);
  }

  private static double ratio(@Nullable Double percent) {
    return percent == null ? Double.NaN : percent / PERCENT;
  }

  private static double seconds(@Nullable Double millis) {
    return millis == null ? Double.NaN : millis / MILLIS;
  }
}
