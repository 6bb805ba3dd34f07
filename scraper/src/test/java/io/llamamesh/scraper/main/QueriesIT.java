package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.results.Point;
import io.llamamesh.results.Point.Fields;
import io.llamamesh.results.Point.Tags;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.scraper.store.InfluxV1;
import io.llamamesh.scraper.store.InfluxV2;
import io.llamamesh.scraper.store.LineProtocol;
import io.llamamesh.scraper.store.Store;
import io.llamamesh.scraper.testing.Points;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * The queries of {@code docs/guide/queries.md} on the real stores: over windows with a planted loss
 * the first row of each answer names the culprit.
 *
 * <p>Each heading of the page has a mesh of its own with its own fault; the query is run as it
 * stands, but for the mesh's name.
 */
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(QuestDb.LOCK)
final class QueriesIT {
  private static final Path PAGE = Path.of("../docs/guide/queries.md");
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int NODES = 6;
  private static final int PATHS = 4;
  private static final int PER_PATH = 40;
  private static final int WINDOW_SECONDS = 10;

  /** The newest half minute is not shown by VictoriaMetrics. One moment for all, as pages ask. */
  @SuppressWarnings("TimeInStaticInitializer")
  private static final Instant NEWEST =
      Instant.ofEpochSecond(
          Instant.now().minusSeconds(60).getEpochSecond() / WINDOW_SECONDS * WINDOW_SECONDS);

  /** When the loss of the mesh {@code since-when} begins. */
  private static final Instant ONSET =
      NEWEST.minus(Duration.ofMinutes(4)).truncatedTo(ChronoUnit.MINUTES);

  /**
   * The culprit by the heading of its queries. A row names it where all its columns that stand here
   * have these values.
   */
  private static final Map<String, Map<String, String>> CULPRITS =
      Map.ofEntries(
          Map.entry(
              "which-pair-and-which-way",
              Map.of(
                  "src_name", "node-2",
                  "dst_name", "node-6",
                  "forward", "0",
                  "return", "20",
                  "way", "return")),
          Map.entry(
              "egress",
              Map.of(
                  "node", "node-4",
                  "src_name", "node-4",
                  "dst_name", "node-4",
                  "direction", "egress")),
          Map.entry("ingress", Map.of("node", "node-3", "dst_name", "node-3")),
          Map.entry("which-zones", Map.of("src_zone", "a", "dst_zone", "b")),
          Map.entry("which-group", Map.of("group", "gpu")),
          Map.entry("who-in-one-group", Map.of("src_name", "node-5")),
          Map.entry("which-class", Map.of("port", "voice", "dscp", "46")),
          Map.entry(
              "which-path",
              Map.of(
                  "src_name", "node-3",
                  "dst_name", "node-5",
                  "port", "default",
                  "src_port", "25002")),
          Map.entry(
              "since-when",
              Map.of(
                  "time", ONSET.toString(),
                  "timestamp", ONSET.toString(),
                  "src_name", "node-2")),
          Map.entry("the-far-side", Map.of("dst_name", "node-2")),
          Map.entry("the-near-side", Map.of("src_name", "node-6")));

  private static final String NOTHING = "nothing-came-back";
  private static final String OWN_METRICS = "without-a-store";

  /** What the queries of our own metrics name, in the page's order. */
  private static final List<Map<String, String>> OF_OWN_METRICS =
      List.of(
          Map.of("verdict", "NodeLoss"),
          Map.of("kind", "node", "name", "node-1", "direction", "egress"),
          Map.of("source", "node-1", "port", "default"),
          Map.of("source_zone", "a", "port", "default"),
          Map.of("name", "edge-a", "cause", "refused"),
          Map.of("instance", "node-1"));

  private final RealServer server;
  private final QuestDb questDb;

  QueriesIT(@TempDir Path folder) throws IOException {
    server = new RealServer(folder);
    questDb = new QuestDb(folder.resolve("questdb"));
  }

  @AfterEach
  void stop() throws InterruptedException {
    server.close();
    questDb.close();
  }

  /** A query, and the heading that it stands under, as in a link. */
  private record Query(String heading, String text) {
    /** The query about the mesh of its heading. */
    String ofItsMesh() {
      return of(heading);
    }

    String of(String mesh) {
      return text.replace("'default'", "'" + mesh + "'").replace("\"default\"", "\"" + mesh + "\"");
    }

    /** The query about a mesh of which nothing was lost and nothing came back. */
    String ofNothing() {
      return of(NOTHING);
    }

    boolean asksForLoss() {
      return text.contains("received") || text.contains("path_stats");
    }
  }

  /** What one pair and class lost of the probes of one path, on each way. */
  private interface Fault {
    /** Forward, return. */
    int[] of(int source, int destination, String port, int path);
  }

  @Test
  void influxQlNamesTheCulprit() throws Exception {
    String url = server.influxDb1();
    try (Store store = new InfluxV1(url, "llama", "", null, null, TIMEOUT, null)) {
      write(store);
    }

    for (Query query : queries("influxql", CULPRITS.size())) {
      assertNamed(query, influxQl(url, query.ofItsMesh()));
      if (query.asksForLoss()) {
        assertThat(influxQl(url, query.ofNothing())).as(query.ofNothing()).isEmpty();
      }
    }
  }

  @Test
  void sqlNamesTheCulprit() throws Exception {
    questDb.start();
    int lines;
    try (Store store = new InfluxV2(questDb.url(), "", "", null, TIMEOUT)) {
      lines = write(store);
    }
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() ->
            questDb.number("select count() from raw_stats")
                    + questDb.number("select count() from path_stats")
                == lines);

    for (Query query : queries("sql", CULPRITS.size() - 1)) {
      assertNamed(query, sql(query.ofItsMesh()));
      if (query.asksForLoss()) {
        assertThat(sql(query.ofNothing())).as(query.ofNothing()).isEmpty();
      }
    }
  }

  @Test
  void promQlNamesTheCulprit() throws Exception {
    String url = server.victoriaMetrics();
    try (Store store = new InfluxV2(url, "net", "llama", null, TIMEOUT)) {
      write(store);
    }
    server.get(url + "/internal/force_flush");

    for (Query query : queries("promql", CULPRITS.size())) {
      if (!query.heading().equals(OWN_METRICS)) {
        assertNamed(query, vector(url, query.ofItsMesh()));
      }
    }
  }

  @Test
  void promQlNamesTheCulpritOfOurOwnMetrics() throws Exception {
    String url = server.victoriaMetrics();
    scrape(url, NEWEST, DashboardsTest.metrics());
    for (int i = 0; i < 10; i++) {
      StringBuilder agents = new StringBuilder();
      for (int node = 1; node <= 3; node++) {
        int lost = node == 1 ? 20 * i : i;
        agents.append(
            """
            llamamesh_probes_total{instance="node-%1$d",outcome="lost"} %2$d
            llamamesh_probes_total{instance="node-%1$d",outcome="received"} %3$d
            """
                .formatted(node, lost, 160 * i - lost));
      }
      scrape(url, NEWEST.minusSeconds(30L * (9 - i)), agents.toString());
    }
    server.get(url + "/internal/force_flush");

    List<Query> queries =
        queries("promql", 1).stream().filter(q -> q.heading().equals(OWN_METRICS)).toList();
    assertThat(queries).hasSameSizeAs(OF_OWN_METRICS);
    for (int i = 0; i < queries.size(); i++) {
      String query = queries.get(i).text();
      Map<String, String> culprit = OF_OWN_METRICS.get(i);
      List<Map<String, String>> rows = vector(url, query);
      assertThat(rows).as(query).isNotEmpty();
      // Where nothing is ranked the order says nothing.
      assertThat(query.contains("topk") ? rows.subList(0, 1) : rows)
          .as(query)
          .anySatisfy(row -> assertThat(row).containsAllEntriesOf(culprit));
    }
  }

  /** Where there is such a server; none is in the distribution's packages. */
  @Test
  void fluxNamesTheCulprit() throws Exception {
    String url = System.getenv("INFLUXDB2_URL");
    assumeTrue(
        url != null,
        "INFLUXDB2_URL, INFLUXDB2_ORG, INFLUXDB2_BUCKET and INFLUXDB2_TOKEN name no InfluxDB 2");
    String org = System.getenv("INFLUXDB2_ORG");
    String bucket = System.getenv("INFLUXDB2_BUCKET");
    String token = System.getenv("INFLUXDB2_TOKEN");
    try (Store store = new InfluxV2(url, org, bucket, token, TIMEOUT)) {
      write(store);
    }

    for (Query query : queries("flux", 1)) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url + "/api/v2/query?org=" + RealServer.encoded(org)))
              .header("Authorization", "Token " + token)
              .header("Content-Type", "application/vnd.flux")
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      query.ofItsMesh().replace("\"llama\"", "\"" + bucket + "\"")))
              .build();
      List<String> lines;
      try (HttpClient http = HttpClient.newHttpClient()) {
        lines =
            http.send(request, HttpResponse.BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> !line.startsWith("#"))
                .toList();
      }
      JsonNode columns = ResultsJson.mapper().valueToTree(lines.getFirst().split(",", -1));
      JsonNode values =
          ResultsJson.mapper()
              .valueToTree(lines.stream().skip(1).map(line -> line.split(",", -1)).toList());
      assertNamed(query, rows(columns, values));
    }
  }

  private static void assertNamed(Query query, List<Map<String, String>> rows) {
    String asked = query.ofItsMesh();
    Map<String, String> culprit = CULPRITS.get(query.heading());
    assertThat(culprit).as("a culprit for the heading of %s", asked).isNotNull();
    assertThat(rows).as(asked).isNotEmpty();
    Map<String, String> named = new HashMap<>(rows.getFirst());
    named.keySet().retainAll(culprit.keySet());
    assertThat(named).as("%s\nanswered %s", asked, rows).isNotEmpty();
    assertThat(culprit).as("%s\nanswered %s", asked, rows).containsAllEntriesOf(named);
  }

  /** The page's queries of one language, under at least so many headings. */
  private static List<Query> queries(String language, int headings) throws IOException {
    List<Query> queries = new ArrayList<>();
    String heading = "";
    StringBuilder block = null;
    for (String line : Files.readAllLines(PAGE)) {
      if (block != null && line.equals("```")) {
        queries.add(new Query(heading, block.toString()));
        block = null;
      } else if (block != null) {
        block.append(line).append('\n');
      } else if (line.equals("```" + language)) {
        block = new StringBuilder();
      } else if (line.startsWith("##")) {
        heading =
            line.replaceFirst("#+ ", "")
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z -]", "")
                .replace(' ', '-');
      }
    }
    assertThat(queries.stream().map(Query::heading).distinct())
        .hasSizeGreaterThanOrEqualTo(headings);
    return queries;
  }

  private static List<Map<String, String>> rows(JsonNode columns, JsonNode values) {
    List<Map<String, String>> rows = new ArrayList<>();
    for (JsonNode value : values) {
      Map<String, String> row = new TreeMap<>();
      for (int i = 0; i < columns.size(); i++) {
        JsonNode cell = value.path(i);
        String text = cell.isNumber() ? Long.toString(Math.round(cell.asDouble())) : cell.asText();
        // A time, as each store writes it.
        row.put(
            columns.path(i).asText(),
            text.matches("\\d{4}-\\d\\d-\\d\\dT.*Z") ? Instant.parse(text).toString() : text);
      }
      rows.add(row);
    }
    return rows;
  }

  private List<Map<String, String>> influxQl(String url, String query) throws Exception {
    JsonNode answer = json(url + "/query?db=llama&q=" + RealServer.encoded(query));
    assertThat(answer.findValue("error")).as(query).isNull();
    JsonNode series = answer.at("/results/0/series/0");
    return rows(series.path("columns"), series.path("values"));
  }

  private List<Map<String, String>> sql(String query) throws Exception {
    JsonNode answer = questDb.query(query);
    List<String> columns = new ArrayList<>();
    answer.path("columns").forEach(column -> columns.add(column.path("name").asText()));
    return rows(ResultsJson.mapper().valueToTree(columns), answer.path("dataset"));
  }

  /** The answer of VictoriaMetrics to a query at this moment. */
  private List<Map<String, String>> vector(String url, String query) throws Exception {
    JsonNode answer = json(url + "/api/v1/query?query=" + RealServer.encoded(query));
    assertThat(answer.path("status").asText()).as("%s: %s", query, answer).isEqualTo("success");
    List<Map<String, String>> rows = new ArrayList<>();
    for (JsonNode one : answer.at("/data/result")) {
      Map<String, String> row = new TreeMap<>();
      one.path("metric")
          .properties()
          .forEach(tag -> row.put(tag.getKey(), tag.getValue().asText()));
      rows.add(row);
    }
    return rows;
  }

  private void scrape(String url, Instant at, String metrics) throws Exception {
    server.post(url + "/api/v1/import/prometheus?timestamp=" + at.toEpochMilli(), metrics);
  }

  private JsonNode json(String url) throws Exception {
    return ResultsJson.mapper().readTree(server.get(url));
  }

  /** Writes all meshes; returns how many lines that were. */
  private static int write(Store store) throws Exception {
    Map<String, Fault> faults = new LinkedHashMap<>();
    faults.put(
        "which-pair-and-which-way",
        (source, destination, port, path) -> lost(0, source == 2 && destination == 6 ? 8 : 0));
    faults.put(
        "egress",
        (source, destination, port, path) -> lost(source == 4 ? 8 : 0, destination == 4 ? 8 : 0));
    faults.put(
        "ingress",
        (source, destination, port, path) -> lost(destination == 3 ? 8 : 0, source == 3 ? 8 : 0));
    faults.put(
        "which-zones",
        (source, destination, port, path) ->
            lost(
                zone(source).equals("a") && zone(destination).equals("b") ? 6 : 0,
                zone(source).equals("b") && zone(destination).equals("a") ? 6 : 0));
    faults.put("which-group", (source, destination, port, path) -> lost(source == 6 ? 3 : 0, 0));
    // Another loses more, and is in another group.
    faults.put(
        "who-in-one-group",
        (source, destination, port, path) -> lost(source == 5 ? 3 : source == 1 ? 20 : 0, 0));
    faults.put(
        "which-class", (source, destination, port, path) -> lost(port.equals("voice") ? 2 : 0, 0));
    faults.put(
        "which-path",
        (source, destination, port, path) ->
            lost(
                source == 3 && destination == 5 && port.equals("default") && path == 2 ? 20 : 0,
                0));
    faults.put("the-far-side", (source, destination, port, path) -> lost(0, 0));
    faults.put("the-near-side", (source, destination, port, path) -> lost(0, 0));
    faults.put(NOTHING, (source, destination, port, path) -> lost(0, 0));
    List<Point> points = new ArrayList<>();
    faults.forEach((mesh, fault) -> {
      for (int window = 0; window < 6; window++) {
        mesh(mesh, NEWEST.minusSeconds((long) WINDOW_SECONDS * window), fault, points);
      }
      // Two hours ago another was the culprit.
      mesh(
          mesh,
          NEWEST.minus(Duration.ofHours(2)),
          (source, destination, port, path) -> lost(source == 1 ? 40 : 0, 0),
          points);
    });
    for (int window = 0; window < 60; window++) {
      Instant end = NEWEST.minusSeconds((long) WINDOW_SECONDS * window);
      int lost = end.isAfter(ONSET) ? 4 : 0;
      pair("since-when", 2, 6, "default", end, (s, d, port, path) -> lost(lost, 0), points);
    }
    List<String> lines = LineProtocol.lines(points);
    for (int from = 0; from < lines.size(); from += 5_000) {
      store.write(lines.subList(from, Math.min(lines.size(), from + 5_000)));
    }
    return lines.size();
  }

  /** One window of a mesh of two classes. */
  private static void mesh(String mesh, Instant end, Fault fault, List<Point> points) {
    for (int source = 1; source <= NODES; source++) {
      for (int destination = 1; destination <= NODES; destination++) {
        if (source != destination) {
          pair(mesh, source, destination, "default", end, fault, points);
          pair(mesh, source, destination, "voice", end, fault, points);
        }
      }
    }
  }

  private static void pair(
      String mesh,
      int source,
      int destination,
      String port,
      Instant end,
      Fault fault,
      List<Point> points) {
    Map<String, String> tags =
        new LinkedHashMap<>(Points.tags("node-" + source, "node-" + destination));
    tags.put(Tags.MESH, mesh);
    tags.put(Tags.PORT, port);
    tags.put(Tags.DSCP, port.equals("voice") ? "46" : "0");
    tags.put(Tags.GROUP, source == 6 ? "gpu" : source == 5 ? "gpu+workers" : "workers");
    tags.put(Tags.SRC_ZONE, zone(source));
    tags.put(Tags.DST_ZONE, zone(destination));
    int forward = 0;
    int back = 0;
    List<Point> paths = new ArrayList<>();
    for (int path = 0; path < PATHS; path++) {
      int[] lost = fault.of(source, destination, port, path);
      forward += lost[0];
      back += lost[1];
      Map<String, String> ofPath = new LinkedHashMap<>(tags);
      ofPath.put(Tags.SRC_PORT, Integer.toString((port.equals("voice") ? 25_100 : 25_000) + path));
      paths.add(
          new Point(
              Point.PATH_STATS,
              end,
              ofPath,
              Map.of(Fields.SENT, (double) PER_PATH, Fields.LOST, (double) lost[0] + lost[1])));
    }
    // What a node did itself, each in a mesh without loss.
    int overload = mesh.equals("the-far-side") && destination == 2 ? 16 : 0;
    int skipped = mesh.equals("the-near-side") && source == 6 ? 16 : 0;
    Point whole =
        Points.pair(
            "node-" + source, "node-" + destination, end, PATHS * PER_PATH, forward + back, 0.4);
    Map<String, Double> fields = new LinkedHashMap<>(whole.fields());
    fields.merge(Fields.RECEIVED, (double) -overload, Double::sum);
    if (mesh.equals(NOTHING)) {
      fields.put(Fields.RECEIVED, 0.0);
    }
    fields.put(Fields.OVERLOAD, (double) overload);
    fields.put(Fields.SKIPPED, (double) skipped);
    fields.put(Fields.FORWARD_LOST, (double) forward);
    fields.put(Fields.RETURN_LOST, (double) back);
    for (String none : List.of(Fields.REFUSED, Fields.OWN_DROP, Fields.SEND_ERROR)) {
      fields.put(none, 0.0);
    }
    points.add(new Point(Point.RAW_STATS, end, tags, fields));
    // As agents do: of pairs that lost something.
    if (forward + back > 0) {
      points.addAll(paths);
    }
  }

  private static int[] lost(int forward, int back) {
    return new int[] {forward, back};
  }

  private static String zone(int node) {
    return String.valueOf((char) ('a' + (node - 1) % 3));
  }
}
