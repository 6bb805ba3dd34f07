package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.cli.CommandFrame;
import io.llamamesh.client.fake.FakeMeshServer;
import io.llamamesh.results.FabricMembers;
import io.llamamesh.results.FabricPartitions;
import io.llamamesh.results.FabricReport;
import io.llamamesh.results.FabricState;
import io.llamamesh.results.Point;
import io.llamamesh.results.Verdict;
import io.llamamesh.scraper.analysis.Limits;
import io.llamamesh.scraper.auth.Tokens;
import io.llamamesh.scraper.cluster.CursorStore;
import io.llamamesh.scraper.cluster.Leadership;
import io.llamamesh.scraper.cluster.StaticAgents;
import io.llamamesh.scraper.run.ScraperConfig;
import io.llamamesh.scraper.run.ScraperRun;
import io.llamamesh.scraper.run.WebAccess;
import io.llamamesh.scraper.testing.Points;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A scraper of healthy windows whose agents know more by their fabric. */
@Timeout(60)
class FabricRunTest {
  private static final int AGENTS = 3;

  private final List<FakeMeshServer> agents = new ArrayList<>();
  private @Nullable ScraperRun running;

  FabricRunTest() throws IOException {
    for (int i = 0; i < AGENTS; i++) {
      agents.add(FakeMeshServer.start());
    }
  }

  /**
   * Starts once the agents are scripted: one that says nothing of a fabric is left alone a while.
   */
  private ScraperRun start() throws IOException {
    return start(WebAccess.OPEN);
  }

  private ScraperRun start(WebAccess access) throws IOException {
    List<String> addresses =
        agents.stream().map(agent -> "127.0.0.1:" + agent.uri().getPort()).toList();
    ScraperRun scraper =
        ScraperRun.start(
            new ScraperConfig(
                    "default",
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                    Duration.ofSeconds(2),
                    Duration.ofHours(1),
                    Duration.ofSeconds(1),
                    Limits.DEFAULT)
                .withAccess(access),
            new StaticAgents(String.join(",", addresses), 8100),
            null,
            CursorStore.NONE,
            Leadership.ALONE,
            Tokens.NONE);
    running = scraper;
    return scraper;
  }

  @AfterEach
  void stop() {
    if (running != null) {
      running.close();
    }
    agents.forEach(FakeMeshServer::close);
  }

  private void publishHealthyWindows() {
    long newest = Instant.now().getEpochSecond() / 2 * 2;
    for (int w = 2; w >= 0; w--) {
      Instant end = Instant.ofEpochSecond(newest - 2L * w);
      for (int i = 0; i < AGENTS; i++) {
        List<Point> window = new ArrayList<>();
        for (int j = 0; j < AGENTS; j++) {
          if (i != j) {
            window.add(Points.pair("node-" + (i + 1), "node-" + (j + 1), end, 32, 0, 0.07));
          }
        }
        agents.get(i).publish(window);
      }
    }
  }

  private void say(FabricState fourth, List<FabricPartitions.Partition> partitions) {
    for (int i = 1; i <= AGENTS; i++) {
      List<FabricMembers.Member> members = new ArrayList<>();
      for (int j = 1; j <= AGENTS + 1; j++) {
        members.add(
            new FabricMembers.Member(
                "node-" + j,
                1,
                "192.0.2." + j + ":8101",
                j > AGENTS ? fourth : FabricState.UP,
                false,
                null,
                List.of(),
                List.of()));
      }
      agents.get(i - 1).members(new FabricMembers("node-" + i, members));
      agents.get(i - 1).partitions(new FabricPartitions(partitions));
    }
  }

  private static String matrix(ScraperRun scraper, int expectedExit) {
    PrintStream before = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      assertThat(
              ScraperMain.run(
                  Map.of(), "matrix", "--server=http://127.0.0.1:" + scraper.address().getPort()))
          .isEqualTo(expectedExit);
    } finally {
      System.setOut(before);
    }
    return printed.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aBurstOfThePageIsAskedOfAnAgentOfTheFabricAndShownWithItsRows() throws Exception {
    String burst =
        """
        {"id":"b1","target":"node-4","pps":200,"seconds":1.0,"by":"x",
         "startedAt":"2026-12-01T04:00:00Z","state":"done","rows":[{"source":"node-1",
         "state":"done","sent":200,"received":160,"late":0,"lost":40,"lossPercent":20.0,
         "lossLow":15.0,"lossHigh":26.1}],"missing":[]}\
        """;
    Map<String, String> json = Map.of("Content-Type", "application/json");
    agents.forEach(agent -> agent.respond("/v1/burst", 200, json, burst));
    say(FabricState.UP, List.of());
    ScraperRun scraper =
        start(new WebAccess(WebAccess.OPEN.accepted(), "Bearer s3cret"::equals, false, Set.of()));
    URI bursts = URI.create("http://127.0.0.1:" + scraper.address().getPort() + "/api/v1/bursts");
    try (HttpClient http = HttpClient.newHttpClient()) {
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() ->
              !http.send(HttpRequest.newBuilder(bursts).build(), BodyHandlers.ofString())
                  .body()
                  .contains("unavailable"));

      HttpResponse<String> started =
          http.send(
              HttpRequest.newBuilder(bursts)
                  .header("Authorization", "Bearer s3cret")
                  .header("Content-Type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString("{\"target\":\"node-4\"}"))
                  .build(),
              BodyHandlers.ofString());

      assertThat(started.statusCode()).isEqualTo(200);
      assertThat(started.body()).contains("\"lossHigh\":26.1");
      assertThat(agents).anyMatch(agent -> agent.requests().contains("/v1/burst"));
      assertThat(
              http.send(
                      HttpRequest.newBuilder(URI.create(bursts + "/b1")).build(),
                      BodyHandlers.ofString())
                  .body())
          .isEqualTo(started.body());
    }
  }

  @Test
  void whatTheFabricKnowsIsInReportMetricsAndTerminalWhileWindowsAreHealthy() throws IOException {
    say(
        FabricState.FAILED,
        List.of(
            new FabricPartitions.Partition(
                List.of("node-1"),
                List.of("node-2"),
                FabricPartitions.Direction.BOTH,
                false,
                List.of("node-3"),
                1)));
    publishHealthyWindows();
    ScraperRun scraper = start();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          FabricReport fabric = scraper.report().fabric();
          return scraper.report().verdict() == Verdict.HEALTHY
              && fabric != null
              && fabric.agents() == AGENTS
              && !fabric.unreachable().isEmpty()
              && !fabric.partitions().isEmpty();
        });

    assertThat(matrix(scraper, CommandFrame.BAD))
        .contains("cut: {node-1} <-x-> {node-2} via {node-3}, since ")
        .contains("node-4: unreachable, since ")
        .contains("Healthy: ");
    assertThat(scraper.metrics())
        .contains("llamamesh_fabric_report_unreachable{kind=\"node\"} 1.0")
        .contains("llamamesh_fabric_report_partitions 1.0")
        .contains("llamamesh_fabric_report_agents 3.0");
  }

  @Test
  void withoutAFabricNothingIsSaidOfIt() throws IOException {
    publishHealthyWindows();
    ScraperRun scraper = start();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> scraper.report().verdict() == Verdict.HEALTHY);

    assertThat(scraper.report().fabric()).isNull();
    assertThat(matrix(scraper, CommandFrame.OK)).doesNotContain("unreachable", "cut");
  }
}
