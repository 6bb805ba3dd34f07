package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.results.Point;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.scraper.store.InfluxV1;
import io.llamamesh.scraper.store.LineProtocol;
import io.llamamesh.scraper.store.Store;
import io.llamamesh.scraper.testing.Points;
import io.llamamesh.scraper.testing.SimulatedWindows;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What the dashboards ask is understood and answered by the stores that they are for. */
@Execution(ExecutionMode.CONCURRENT)
final class DashboardsIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private final RealServer server;

  DashboardsIT(@TempDir Path folder) {
    server = new RealServer(folder);
  }

  @AfterEach
  void stop() throws InterruptedException {
    server.close();
  }

  @Test
  void influxDb1AnswersEveryInfluxQlQuery() throws Exception {
    String url = server.influxDb1();
    try (Store store = new InfluxV1(url, "llama", "", null, null, TIMEOUT, null)) {
      store.write(LineProtocol.lines(points()));
    }
    List<String> queries = Dashboards.queries("influxdb-influxql.json", "query");
    queries.addAll(Dashboards.variables("influxdb-influxql.json"));
    assertThat(queries).hasSizeGreaterThan(15);

    for (String query : queries) {
      JsonNode answer =
          json(url + "/query?db=llama&q=" + RealServer.encoded(Dashboards.filledIn(query)));

      assertThat(answer.findValue("error")).as(query).isNull();
      assertThat(answer.at("/results/0/series")).as(query).isNotEmpty();
    }
  }

  @Test
  void whereNoProbeCountedInfluxQlShowsNoLossInsteadOfNone() throws Exception {
    String url = server.influxDb1();
    try (Store store = new InfluxV1(url, "llama", "", null, null, TIMEOUT, null)) {
      store.write(LineProtocol.lines(points().stream().map(DashboardsIT::refused).toList()));
    }
    List<String> ratios =
        Dashboards.queries("influxdb-influxql.json", "query").stream()
            .filter(query -> query.contains("100 * ") && query.contains("raw_stats"))
            .toList();
    assertThat(ratios).hasSizeGreaterThan(3);

    for (String query : ratios) {
      JsonNode answer =
          json(url + "/query?db=llama&q=" + RealServer.encoded(Dashboards.filledIn(query)));

      assertThat(answer.at("/results/0/series")).as("%s: %s", query, answer).isEmpty();
    }
  }

  /** The same, with every probe refused. */
  private static Point refused(Point point) {
    Map<String, Double> fields = new LinkedHashMap<>(point.fields());
    fields.put(Point.Fields.RECEIVED, 0.0);
    fields.put(Point.Fields.LOST, 0.0);
    fields.put(Point.Fields.REFUSED, 5.0);
    return new Point(point.measurement(), point.time(), point.tags(), fields);
  }

  @Test
  void prometheusAnswersEveryPromQlQuery() throws Exception {
    String url = server.victoriaMetrics();
    // What is younger than half a minute is not shown to queries yet.
    long scraped = Instant.now().minusSeconds(60).toEpochMilli();
    server.post(url + "/api/v1/import/prometheus?timestamp=" + scraped, DashboardsTest.metrics());
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          server.get(url + "/internal/force_flush");
          assertThat(json(url + "/api/v1/query?query=llamamesh_agents").at("/data/result"))
              .hasSize(1);
        });

    for (String query : Dashboards.queries("prometheus.json", "expr")) {
      JsonNode answer =
          json(url + "/api/v1/query?query=" + RealServer.encoded(Dashboards.filledIn(query)));

      assertThat(answer.path("status").asText()).as("%s: %s", query, answer).isEqualTo("success");
      // One scrape has no rate.
      assertThat(query.contains("rate(") || !answer.at("/data/result").isEmpty())
          .as(query)
          .isTrue();
    }
  }

  /** A mesh in which some pairs lose, and every field that agents may publish. */
  private static List<Point> points() {
    SimulatedWindows windows = new SimulatedWindows(4, 2, (source, destination, path) -> 0.1);
    long end = Instant.now().getEpochSecond() / 10 * 10;
    List<Point> points = new ArrayList<>();
    for (int i = 1; i <= 6; i++) {
      for (int node = 0; node < 4; node++) {
        for (Point point : windows.window(node, Instant.ofEpochSecond(end - 10L * i), 10)) {
          points.add(point.measurement().equals(Point.RAW_STATS) ? whole(point) : point);
        }
      }
    }
    return points;
  }

  private static Point whole(Point point) {
    Map<String, Double> fields = new LinkedHashMap<>(point.fields());
    for (String name :
        List.of(
            Point.Fields.REFUSED,
            Point.Fields.LATE,
            Point.Fields.DUPLICATE,
            Point.Fields.REORDERED,
            Point.Fields.SEND_ERROR,
            Point.Fields.OWN_DROP,
            Point.Fields.OVERLOAD,
            Point.Fields.FORWARD_LOST,
            Point.Fields.RETURN_LOST,
            Point.Fields.RESIDENCE)) {
      fields.put(name, 1.0);
    }
    return new Point(
        point.measurement(), point.time(), Points.with(point, Point.Tags.DSCP, "0").tags(), fields);
  }

  private JsonNode json(String url) throws Exception {
    return ResultsJson.mapper().readTree(server.get(url));
  }
}
