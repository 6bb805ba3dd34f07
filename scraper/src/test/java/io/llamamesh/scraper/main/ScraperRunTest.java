package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.cli.CommandFrame;
import io.llamamesh.results.MatrixDocument;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.Point;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.results.SilencedNode;
import io.llamamesh.results.Verdict;
import io.llamamesh.scraper.analysis.Limits;
import io.llamamesh.scraper.auth.Tokens;
import io.llamamesh.scraper.cluster.AgentEndpoint;
import io.llamamesh.scraper.cluster.AgentSource;
import io.llamamesh.scraper.cluster.CursorStore;
import io.llamamesh.scraper.cluster.Leadership;
import io.llamamesh.scraper.cluster.StaticAgents;
import io.llamamesh.scraper.run.ScraperConfig;
import io.llamamesh.scraper.run.ScraperRun;
import io.llamamesh.scraper.testing.FakeAgent;
import io.llamamesh.scraper.testing.Points;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A whole scraper over HTTP, with agents that answer as the design says. */
final class ScraperRunTest {
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<FakeAgent> agents = new ArrayList<>();
  private volatile Set<String> leaving = Set.of();
  private final ScraperRun scraper;

  ScraperRunTest() throws IOException {
    List<String> addresses = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      agents.add(FakeAgent.start());
      addresses.add(agents.get(i).address());
    }
    scraper =
        ScraperRun.start(
            new ScraperConfig(
                "default",
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Duration.ofSeconds(2),
                Duration.ofHours(1),
                Duration.ofSeconds(1),
                Limits.DEFAULT),
            new WithLeaving(new StaticAgents(String.join(",", addresses), 8100)),
            null,
            CursorStore.NONE,
            Leadership.ALONE,
            Tokens.NONE);
  }

  @AfterEach
  void stop() {
    scraper.close();
    agents.forEach(FakeAgent::close);
    http.close();
  }

  @Test
  void aHealthyMeshIsShownAndJudgedHealthy() throws Exception {
    publish(0);
    await()
        .until(
            () -> scraper.report(),
            report -> report.totals().pairs() == 12 && report.verdict() == Verdict.HEALTHY);

    MeshReport report = read("/api/v1/report", MeshReport.class);
    MatrixDocument matrix = read("/api/v1/matrix", MatrixDocument.class);

    assertThat(report.verdict()).isEqualTo(Verdict.HEALTHY);
    assertThat(report.totals().agentsReporting()).isEqualTo(4);
    assertThat(report.store().state()).isEqualTo(MeshReport.Store.State.NOT_CONFIGURED);
    assertThat(matrix.pairs()).hasSize(12).allSatisfy(p -> assertThat(p.lossPercent()).isZero());
    assertThat(matrix.nodes())
        .extracting(MatrixDocument.Node::name)
        .containsExactly("node-1", "node-2", "node-3", "node-4");
    assertThat(matrix.nodes()).allMatch(MatrixDocument.Node::reporting);
    assertThat(matrixCommand()).isEqualTo(0);
  }

  @Test
  void aLossyPairIsNamedEverywhere() throws Exception {
    publish(10);
    await().until(() -> scraper.report().totals().pairs() == 12);

    MeshReport report = read("/api/v1/report", MeshReport.class);

    assertThat(report.verdict()).isEqualTo(Verdict.PAIR_LOSS);
    assertThat(report.suspects().getFirst().name()).isEqualTo("node-1>node-2");
    assertThat(report.worstPairs()).hasSize(1);
    assertThat(text("/metrics"))
        .contains(
            "llamamesh_pair_loss_ratio{destination=\"node-2\"", "llamamesh_network_healthy 0");
    assertThat(text("/api/v1/pairs/node-1/node-2")).contains("\"lost\":10");
    assertThat(matrixCommand()).isEqualTo(2);
  }

  @Test
  void aTargetThatRefusesAllIsNamedEverywhere() throws Exception {
    long newest = Instant.now().getEpochSecond() / 2 * 2;
    for (int w = 2; w >= 0; w--) {
      Instant end = Instant.ofEpochSecond(newest - 2L * w);
      for (int i = 0; i < 4; i++) {
        List<Point> window = wellWindow(i, end);
        window.add(Points.refused("node-" + (i + 1), "edge-a", end, 32));
        agents.get(i).publish(window);
      }
    }
    await()
        .until(
            () -> scraper.report(),
            report ->
                report.verdict() == Verdict.TARGETS_SILENT
                    && report.silent().getFirst().sources() == 4
                    && report.totals().agentsReporting() == 4);

    MeshReport report = read("/api/v1/report", MeshReport.class);

    assertThat(report.message()).isEqualTo("edge-a refuses all 4 sources");
    assertThat(report.silent())
        .containsExactly(new MeshReport.Silent("edge-a", MeshReport.Cause.REFUSED, 4, 4));
    assertThat(text("/metrics"))
        .contains(
            "llamamesh_silent_sources{cause=\"refused\",name=\"edge-a\"} 4",
            "llamamesh_network_verdict{verdict=\"TargetsSilent\"} 1",
            "llamamesh_network_healthy 0");
    assertThat(matrixCommand()).isEqualTo(2);
  }

  @Test
  void aMeshOfWhichHalfIsSilentIsIncompleteEverywhere() throws Exception {
    Instant end = Instant.ofEpochSecond(Instant.now().getEpochSecond() / 2 * 2);
    agents.get(0).publish(wellWindow(0, end));
    agents.get(1).publish(wellWindow(1, end));

    await()
        .until(
            () -> scraper.report(),
            report ->
                report.verdict() == Verdict.INCOMPLETE && report.totals().agentsReporting() == 2);

    assertThat(read("/api/v1/report", MeshReport.class).message())
        .isEqualTo("none of 6 pairs stays above 1% loss or 50 ms p99; 2 of 4 agents are silent");
    assertThat(text("/metrics")).contains("llamamesh_network_healthy NaN");
    assertThat(matrixCommand()).isEqualTo(2);
  }

  private static List<Point> wellWindow(int i, Instant end) {
    List<Point> window = new ArrayList<>();
    for (int j = 0; j < 4; j++) {
      if (i != j) {
        window.add(Points.pair("node-" + (i + 1), "node-" + (j + 1), end, 32, 0, 0.07));
      }
    }
    return window;
  }

  @Test
  void aNodeThatIsLeavingIsMeasuredAndNotJudgedUntilItStays() throws Exception {
    leaving = Set.of("node-2");
    publish(10);
    await()
        .until(
            () -> scraper.report(),
            // Half-read and with all of them judged there are six pairs too.
            report ->
                report.totals().pairs() == 6
                    && report.totals().agents() == 3
                    && report.verdict() == Verdict.HEALTHY);

    MeshReport report = read("/api/v1/report", MeshReport.class);
    MatrixDocument matrix = read("/api/v1/matrix", MatrixDocument.class);

    assertThat(report.verdict()).isEqualTo(Verdict.HEALTHY);
    assertThat(report.totals().agents()).isEqualTo(3);
    assertThat(report.worstPairs()).isEmpty();
    assertThat(text("/metrics"))
        .contains("llamamesh_network_healthy 1", "llamamesh_agents 3")
        .doesNotContain("llamamesh_pair_loss_ratio{destination=\"node-2\"");
    assertThat(matrix.pairs()).hasSize(12).anyMatch(p -> p.lost() > 0);
    assertThat(matrix.nodes())
        .filteredOn(MatrixDocument.Node::isLeaving)
        .extracting(MatrixDocument.Node::name)
        .containsExactly("node-2");

    leaving = Set.of();
    await().until(() -> scraper.report().verdict() == Verdict.PAIR_LOSS);
    assertThat(scraper.report().suspects().getFirst().name()).isEqualTo("node-1>node-2");
    assertThat(text("/api/v1/matrix")).doesNotContain("leaving");
  }

  /** A silence of a node, as an agent says it. */
  private static String silence(String node, Instant until) {
    return """
    {"silences": [{"node": "%s", "since": "%s", "until": "%s", "by": "ann", "because": "disk swap"}]}
    """
        .formatted(node, Instant.now().minusSeconds(60), until);
  }

  @Test
  void aNodeThatIsSilencedIsMeasuredAndShownAndNotJudgedUntilItEndsByItself() throws Exception {
    Instant until = Instant.now().plusSeconds(12).truncatedTo(ChronoUnit.SECONDS);
    agents.forEach(agent -> agent.silences(silence("node-2", until)));
    publish(10);
    await()
        .until(
            () -> scraper.report(),
            report ->
                report.totals().pairs() == 6
                    && report.totals().agents() == 3
                    && report.verdict() == Verdict.HEALTHY);

    MeshReport report = read("/api/v1/report", MeshReport.class);
    MatrixDocument matrix = read("/api/v1/matrix", MatrixDocument.class);

    assertThat(report.message())
        .endsWith("; 1 node silenced: node-2 until " + until + " by ann because disk swap");
    assertThat(report.silenced()).extracting(SilencedNode::node).containsExactly("node-2");
    assertThat(report.suspects()).isEmpty();
    assertThat(report.worstPairs()).isEmpty();
    assertThat(text("/metrics"))
        .contains(
            "llamamesh_network_healthy 1", "llamamesh_silenced_until_seconds{node=\"node-2\"}")
        .doesNotContain("llamamesh_pair_loss_ratio{destination=\"node-2\"");
    assertThat(matrix.pairs()).hasSize(12).anyMatch(p -> p.lost() > 0);
    assertThat(matrix.nodes())
        .filteredOn(node -> until.equals(node.silencedUntil()))
        .extracting(MatrixDocument.Node::name)
        .containsExactly("node-2");
    assertThat(matrixCommand()).isZero();

    // Agents that are away do not lengthen it.
    agents.forEach(agent -> agent.silences("no document"));
    await().atMost(Duration.ofSeconds(40)).until(() -> scraper.report().silenced().isEmpty());
    assertThat(Instant.now()).isAfterOrEqualTo(until);
    publish(10);
    await().until(() -> scraper.report().verdict() == Verdict.PAIR_LOSS);
    assertThat(scraper.report().message()).doesNotContain("silenced");
    assertThat(text("/api/v1/matrix")).doesNotContain("silencedUntil");
  }

  @Test
  void aMeshWhoseOtherNodesAreSilencedSaysSo() throws Exception {
    agents.forEach(agent ->
        agent.silences(
            "{\"silences\": ["
                + Stream.of("node-2", "node-3", "node-4")
                    .map(node ->
                        silence(node, Instant.now().plusSeconds(600))
                            .replaceAll("^.*?\\[|\\].*", ""))
                    .map(String::strip)
                    .collect(Collectors.joining(","))
                + "]}"));
    publish(10);

    await()
        .untilAsserted(() -> {
          MeshReport report = read("/api/v1/report", MeshReport.class);
          assertThat(report.verdict()).isEqualTo(Verdict.HEALTHY);
          assertThat(report.message())
              .startsWith("nothing to judge of the others; 3 nodes silenced: node-2 until ");
        });
  }

  @Test
  void aMeshWhoseOtherNodesAreLeavingIsHealthyAndSaysSo() throws Exception {
    leaving = Set.of("node-2", "node-3", "node-4");
    publish(10);

    await()
        .untilAsserted(() -> {
          MeshReport report = read("/api/v1/report", MeshReport.class);
          assertThat(report.verdict()).isEqualTo(Verdict.HEALTHY);
          assertThat(report.message())
              .isEqualTo("nothing to judge, since node-2, node-3, node-4 are leaving");
          assertThat(report.totals().agents()).isEqualTo(1);
        });
    assertThat(matrixCommand()).isZero();

    // Of two that stay windows are expected.
    leaving = Set.of("node-3", "node-4");
    await().until(() -> scraper.report().verdict() == Verdict.PAIR_LOSS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          0   ; node-1>node-2 ; on the way there (forward) ; forwardLost ; returnLost
          160 ; node-2>node-1 ; on the way back (return) of the probes of node-1 ; returnLost ; forwardLost
          """)
  void ifNothingReturnsTheReflectorsCountGivesTheDirection(
      int reflected, String suspect, String words, String all, String none) throws Exception {
    publishLost(4, 4, reflected);
    // The verdict may stand before the last agent's windows are in.
    await()
        .until(
            () -> scraper.report(),
            report ->
                report.verdict() == Verdict.ONE_WAY_LOSS
                    && report.totals().pairs() == 12
                    && report.totals().agentsReporting() == 4);

    MeshReport report = read("/api/v1/report", MeshReport.class);
    JsonNode window =
        ResultsJson.mapper()
            .readTree(get("/api/v1/pairs/node-1/node-2").body())
            .at("/series/0/history/3");

    assertThat(report.message())
        .isEqualTo(
            "1 of 12 pairs is bad: pair %s, 100%% loss, %s, by the reflector's own count"
                .formatted(suspect, words));
    assertThat(report.suspects().getFirst().name()).isEqualTo(suspect);
    assertThat(window.path("lost").asInt()).isEqualTo(160);
    assertThat(window.path(all).asInt()).isBetween(80, 160);
    assertThat(window.path(none).asInt()).isZero();
    assertThat(text("/api/v1/pairs/node-1/node-3")).doesNotContain("\"forwardLost\":1");
  }

  @Test
  void whereTheOtherSideIsSilentTheWayStaysUnknown() throws Exception {
    publishLost(4, 1, 0);
    await()
        .until(() ->
            scraper.report().worstPairs().stream()
                .anyMatch(pair -> pair.sent() == 3 * 160 && pair.lost() == 3 * 160));

    assertThat(read("/api/v1/report", MeshReport.class).verdict()).isEqualTo(Verdict.PAIR_LOSS);
    assertThat(text("/api/v1/pairs/node-1/node-2"))
        .contains("\"lost\":160")
        .doesNotContain("\"forwardLost\":1")
        .doesNotContain("\"returnLost\":1");
  }

  /**
   * Windows in which all that node-1 sends to node-2 is lost.
   *
   * @param ofNode2 how many of them node-2 publishes
   */
  private void publishLost(int windows, int ofNode2, int reflected) {
    Instant newest = Instant.ofEpochSecond(Instant.now().getEpochSecond() / 10 * 10);
    for (int w = 0; w < windows; w++) {
      Instant end = newest.minusSeconds(10L * (windows - 1 - w));
      for (int i = 0; i < 4; i++) {
        if (i != 1 || w < ofNode2) {
          agents.get(i).publish(window(i, end, reflected));
        }
      }
      if (w == 0) {
        // Whose the senders' addresses are must be known before a reflector counts by them.
        await().until(() -> read("/api/v1/matrix", MatrixDocument.class).pairs().size() == 12);
      }
    }
  }

  private static List<Point> window(int i, Instant end, int reflected) {
    String us = "node-" + (i + 1);
    List<Point> window = new ArrayList<>();
    for (int j = 0; j < 4; j++) {
      String them = "node-" + (j + 1);
      long back = j == 0 && i == 1 ? reflected : 160;
      if (i != j && back > 0) {
        window.add(Points.reflected(them, us, end, back));
      }
    }
    for (int j = 0; j < 4; j++) {
      if (i != j) {
        window.add(Points.pair(us, "node-" + (j + 1), end, 160, i == 0 && j == 1 ? 160 : 0, 0.07));
      }
    }
    return window;
  }

  @Test
  void withoutWindowsThereIsNoVerdict() throws Exception {
    await().until(() -> scraper.agents().stream().allMatch(a -> a.lastAnswer() != null));

    assertThat(read("/api/v1/report", MeshReport.class).verdict()).isEqualTo(Verdict.NO_DATA);
    assertThat(matrixCommand()).isEqualTo(1);
  }

  @Test
  void errorsAreJsonAndNameTheRemedy() throws Exception {
    assertThat(get("/nothing").statusCode()).isEqualTo(404);
    assertThat(get("/api/v1/matrix?windows=0").statusCode()).isEqualTo(400);
    assertThat(text("/api/v1/matrix?windows=0"))
        .isEqualTo("{\"error\":\"windows must be a number from 1 to 10000, was '0'\"}");
    assertThat(text("/api/v1/matrix?at=yesterday")).contains("at must be a time as 2026-");
    assertThat(text("/api/v1/pairs/a/b")).contains("nothing is known of a>b");
    assertThat(text("/api/v1/pairs/a")).contains("{source}/{destination}");
  }

  @Test
  void thePageAndAllItNeedsComeFromHereAlone() throws Exception {
    HttpResponse<byte[]> page = get("/");
    assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
        .contains("default-src 'none'");
    String html = new String(page.body(), StandardCharsets.UTF_8);
    assertThat(html).doesNotContain("http://").doesNotContain("https://");
    for (String file :
        List.of(
            "/page.css",
            "/page.js",
            "/matrix.js",
            "/details.js",
            "/words.js",
            "/favicon.svg",
            "/echarts.js")) {
      assertThat(get(file).statusCode()).as(file).isEqualTo(200);
    }
  }

  @Test
  void answersAreCompressedAndRememberedByTheirTag() throws Exception {
    HttpResponse<byte[]> zipped =
        http.send(
            HttpRequest.newBuilder(uri("/page.js")).header("Accept-Encoding", "gzip").build(),
            HttpResponse.BodyHandlers.ofByteArray());
    String tag = zipped.headers().firstValue("ETag").orElseThrow();

    assertThat(new GZIPInputStream(new ByteArrayInputStream(zipped.body())).readAllBytes())
        .isEqualTo(get("/page.js").body());
    assertThat(
            http.send(
                    HttpRequest.newBuilder(uri("/page.js")).header("If-None-Match", tag).build(),
                    HttpResponse.BodyHandlers.ofByteArray())
                .statusCode())
        .isEqualTo(304);
  }

  @Test
  void onlyReadingIsAllowed() throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(uri("/api/v1/report"))
                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                .build(),
            HttpResponse.BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(405);
  }

  @Test
  void asLlamaOneWhosePagesPortIsTakenReadsOnWithoutAPage() throws Exception {
    try (FakeAgent agent = FakeAgent.start();
        ScraperRun second =
            ScraperRun.start(
                new ScraperConfig(
                        "default",
                        scraper.address(),
                        Duration.ofSeconds(2),
                        Duration.ofHours(1),
                        Duration.ofSeconds(1),
                        Limits.DEFAULT)
                    .withOptionalWeb(),
                new StaticAgents(agent.address(), 8100),
                null,
                CursorStore.NONE,
                Leadership.ALONE,
                Tokens.NONE)) {
      assertThat(second.hasPage()).isFalse();
      await().until(() -> second.agents().stream().anyMatch(one -> one.lastAnswer() != null));
      assertThat(second.metrics()).contains("llamamesh_");
    }
    assertThat(scraper.hasPage()).isTrue();
  }

  @Test
  void aBusyPortIsReportedInOneLine() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String error =
          errorOf(
              "scraper",
              "--collectors=127.0.0.1:1",
              "--bind=127.0.0.1",
              "--port=" + taken.getLocalPort());

      assertThat(error).contains("cannot listen on", "--port").hasLineCount(1);
    }
  }

  @Test
  void wrongOptionsAreNamedWithTheRemedy() {
    assertThat(errorOf("scraper", "--interval=soon")).contains("--interval", "write 10s");
    assertThat(errorOf("scraper", "--collectors=a b"))
        .contains("--collectors", "must be a name or an address");
    assertThat(errorOf("scraper", "--alert-loss-percent=101", "--collectors=a"))
        .contains("lossPercent must be 0 to 100");
    assertThat(errorOf("scraper", "--collectors=a", "--influxdb-url=db:8086"))
        .contains("--influxdb-url must be as http://host:8086");
    assertThat(errorOf("scraper", "--collectors=a", "--influxdb-bucket=llama"))
        .contains("--influxdb-url is missing");
    assertThat(
            errorOf(
                "scraper",
                "--collectors=a",
                "--influxdb-url=http://db:8086",
                "--influxdb-token-file=/nonexistent/token"))
        .contains("--influxdb-token-file", "/nonexistent/token", "cannot be read");
    assertThat(
            errorOf(
                "scraper",
                "--collectors=a",
                "--influxdb-url=http://db:8086",
                "--influxdb-ca-file=/nonexistent/ca"))
        .contains("--influxdb-ca-file cannot be used");
    assertThat(errorOf("scraper", "--collectors=a", "--action-token-file=/nonexistent"))
        .contains("--action-token-file cannot be used", "/nonexistent");
    assertThat(errorOf("scraper", "--collectors=a", "--auth-dir=/nonexistent"))
        .contains("--auth-dir cannot be used", "/nonexistent/tokens.json");
    assertThat(errorOf("matrix", "--server=http://127.0.0.1:1")).contains("no scraper answers");
    assertThat(errorOf("matrix", "--windws=3")).contains("--windws");
    assertThat(errorOf("matrix", "--token-file=/nonexistent")).contains("/nonexistent");
  }

  private void publish(int lost) {
    Instant end = Instant.ofEpochSecond(Instant.now().getEpochSecond() / 2 * 2);
    for (int i = 0; i < 4; i++) {
      List<Point> window = new ArrayList<>();
      for (int j = 0; j < 4; j++) {
        if (i != j) {
          window.add(
              Points.pair(
                  "node-" + (i + 1),
                  "node-" + (j + 1),
                  end,
                  32,
                  i == 0 && j == 1 ? lost : 0,
                  0.07));
        }
      }
      agents.get(i).publish(window);
    }
  }

  private int matrixCommand() {
    return ScraperMain.run(Map.of(), "matrix", "--server", uri("").toString());
  }

  private static String errorOf(String... args) {
    PrintStream before = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      assertThat(ScraperMain.run(Map.of(), args)).isEqualTo(CommandFrame.FAILED);
    } finally {
      System.setErr(before);
    }
    return bytes.toString(StandardCharsets.UTF_8).strip();
  }

  private <T> T read(String path, Class<T> type) throws Exception {
    return ResultsJson.mapper().readValue(get(path).body(), type);
  }

  private String text(String path) throws Exception {
    return new String(get(path).body(), StandardCharsets.UTF_8);
  }

  private HttpResponse<byte[]> get(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + scraper.address().getPort() + path);
  }

  /** Agents of which some are about to be removed, as the test says. */
  private final class WithLeaving implements AgentSource {
    private final AgentSource agents;

    WithLeaving(AgentSource agents) {
      this.agents = agents;
    }

    @Override
    public void start(Consumer<List<AgentEndpoint>> listener) {
      agents.start(listener);
    }

    @Override
    public boolean isCurrent() {
      return agents.isCurrent();
    }

    @Override
    public Set<String> leaving() {
      return leaving;
    }

    @Override
    public void close() {
      agents.close();
    }
  }
}
