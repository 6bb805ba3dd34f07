package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.results.Point;
import io.llamamesh.results.Verdict;
import io.llamamesh.scraper.analysis.Limits;
import io.llamamesh.scraper.auth.Tokens;
import io.llamamesh.scraper.cluster.CursorStore;
import io.llamamesh.scraper.cluster.Leadership;
import io.llamamesh.scraper.cluster.StaticAgents;
import io.llamamesh.scraper.run.ScraperConfig;
import io.llamamesh.scraper.run.ScraperRun;
import io.llamamesh.scraper.store.Store;
import io.llamamesh.scraper.testing.FakeMesh;
import io.llamamesh.scraper.testing.SimulatedWindows;
import java.io.IOException;
import java.lang.reflect.Field;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Dashboards and alerts ask for nothing that nobody publishes. */
final class DashboardsTest {
  private static final Pattern METRIC = Pattern.compile("llamamesh_[a-z0-9_]+");

  @ParameterizedTest
  @ValueSource(strings = {"influxdb-influxql.json", "influxdb-flux.json", "prometheus.json"})
  void aDashboardIsWhole(String name) throws IOException {
    JsonNode dashboard = Dashboards.read(name);

    assertThat(dashboard.path("uid").asText()).startsWith("llama-mesh-");
    Set<Integer> ids = new HashSet<>();
    for (JsonNode panel : dashboard.path("panels")) {
      assertThat(ids.add(panel.path("id").asInt())).as("ids differ").isTrue();
      assertThat(panel.path("title").asText()).isNotBlank();
      assertThat(panel.path("description").asText()).isNotBlank();
      assertThat(panel.path("targets")).isNotEmpty();
      assertThat(panel.at("/datasource/uid").asText()).isEqualTo("${datasource}");
      assertThat(panel.at("/gridPos/x").asInt() + panel.at("/gridPos/w").asInt())
          .isLessThanOrEqualTo(24);
    }
    assertThat(ids).hasSizeGreaterThan(10);
  }

  @Test
  void influxQlAsksForWhatAgentsPublish() throws IOException {
    Set<String> known = constants(Point.Fields.class, Point.Tags.class);
    known.addAll(List.of(Point.RAW_STATS, Point.PATH_STATS));
    List<String> queries = Dashboards.queries("influxdb-influxql.json", "query");
    queries.addAll(Dashboards.variables("influxdb-influxql.json"));
    for (String query : queries) {
      // Names that a query itself gives are no names of ours.
      String asked = query.replaceAll("AS \"[^\"]*\"", "");
      assertThat(known).as(query).containsAll(all(Pattern.compile("(?<=\")\\w+(?=\")"), asked));
    }
  }

  @Test
  void fluxAsksForWhatAgentsPublish() throws IOException {
    Set<String> known = constants(Point.Fields.class, Point.Tags.class);
    List<String> queries = Dashboards.queries("influxdb-flux.json", "query");
    assertThat(queries).hasSizeGreaterThan(10);
    for (String query : queries) {
      assertThat(Set.of(Point.RAW_STATS, Point.PATH_STATS))
          .containsAll(all(Pattern.compile("(?<=_measurement\"] == \")\\w+"), query));
      assertThat(known).containsAll(all(Pattern.compile("(?<=_field\"] == \")\\w+"), query));
      assertThat(known).containsAll(all(Pattern.compile("(?<=r\\[\")[a-z]\\w+"), query));
      assertThat(query).as("brackets").satisfies(DashboardsTest::brackets);
    }
  }

  @Test
  void dashboardsQueryOnlyMetricsThatAScraperHas() throws Exception {
    List<String> queries = Dashboards.queries("prometheus.json", "expr");
    queries.addAll(Dashboards.variables("prometheus.json"));
    queries.add(Files.readString(Path.of("../examples/monitoring/default-mesh.yaml")));

    Set<String> told = all(METRIC, metrics());

    assertThat(all(METRIC, String.join("\n", queries))).isNotEmpty().allMatch(told::contains);
  }

  /** Metrics of a scraper with a bad node, a silent target, a store and zones. */
  static String metrics() throws IOException {
    SimulatedWindows.Loss loss = (source, destination, path) -> source.equals("node-1") ? 0.3 : 0;
    try (FakeMesh mesh = new FakeMesh(4, 2, loss);
        ScraperRun scraper =
            ScraperRun.start(
                new ScraperConfig(
                    "default",
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                    Duration.ofSeconds(10),
                    Duration.ofHours(1),
                    Duration.ofSeconds(5),
                    Limits.DEFAULT),
                new StaticAgents(mesh.addresses(), 8100),
                new Nowhere(),
                CursorStore.NONE,
                Leadership.ALONE,
                Tokens.NONE)) {
      long end = Instant.now().getEpochSecond() / 10 * 10;
      for (long time = end - 40; time <= end; time += 10) {
        mesh.publishWithRefusal(Instant.ofEpochSecond(time), 10, "edge-a");
      }
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> scraper.report().verdict() == Verdict.NODE_LOSS);
      return scraper.metrics();
    }
  }

  private static void brackets(String query) {
    for (String pair : List.of("()", "[]", "{}")) {
      assertThat(query.chars().filter(c -> c == pair.charAt(0)).count())
          .isEqualTo(query.chars().filter(c -> c == pair.charAt(1)).count());
    }
  }

  private static Set<String> all(Pattern pattern, String text) {
    Set<String> found = new TreeSet<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      found.add(matcher.group());
    }
    return found;
  }

  private static Set<String> constants(Class<?>... holders) {
    Set<String> names = new HashSet<>();
    for (Class<?> holder : holders) {
      for (Field field : holder.getDeclaredFields()) {
        if (field.getType() == String.class) {
          try {
            names.add(String.valueOf(field.get(null)));
          } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
          }
        }
      }
    }
    return names;
  }

  /** Takes everything. */
  private static final class Nowhere implements Store {
    @Override
    public void write(List<String> lines) {}

    @Override
    public String description() {
      return "nowhere";
    }

    @Override
    public void close() {}
  }
}
