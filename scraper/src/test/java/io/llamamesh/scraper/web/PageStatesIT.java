package io.llamamesh.scraper.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.llamamesh.results.FabricReport;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.Point;
import io.llamamesh.results.SilencedNode;
import io.llamamesh.scraper.testing.Browser;
import io.llamamesh.scraper.testing.Points;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** What the page says in the states that a mesh can be in, in a real browser. */
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(Browser.LOCK)
final class PageStatesIT {
  @TempDir private static @Nullable Path folder;
  private static @Nullable Browser browser;

  @BeforeAll
  static void needsABrowser() throws Exception {
    assumeTrue(
        Files.isExecutable(Browser.CHROMIUM), "chromium is not installed (Debian: chromium)");
    browser = new Browser(Objects.requireNonNull(folder), 1_280, 1_000);
  }

  @AfterAll
  static void closeTheBrowser() throws InterruptedException {
    if (browser != null) {
      browser.close();
    }
  }

  @Test
  void silentAgentsAreCountedAndNamed() throws Exception {
    try (SimulatedScraper scraper = mesh(12, 3)) {
      Instant since = Instant.now().minusSeconds(40);
      Instant end = SimulatedScraper.newest();
      for (int i = 6; i >= 0; i--) {
        scraper.publish(end.minusSeconds(10L * i), 3, since);
      }

      Browser page = open(scraper);

      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() ->
              assertThat(page.text("trouble"))
                  .matches(
                      "3 of 12 agents have not reported for [4-8][0-9] s: node-10, node-11,"
                          + " node-12\\."));
      eventually(page, "silent", "node-11 no answer within 5 s; last answer ");
    }
  }

  @Test
  void whenNoAgentReportsTheAgeIsShownAndNothingAppearsHealthy() throws Exception {
    try (SimulatedScraper scraper = mesh(4, 2)) {
      scraper.publish(SimulatedScraper.newest().minusSeconds(300));

      Browser page = open(scraper);

      eventually(page, "trouble", "No new window for 5 min: no agent has reported since ");
      eventually(page, "verdict-word", "? NoData");
      assertThat(page.eval("document.getElementById('heatmap').className")).contains("stale");
    }
  }

  @Test
  void anUnreachableStoreIsShown() throws Exception {
    try (SimulatedScraper scraper = mesh(4, 2)) {
      scraper.store(
          new MeshReport.Store(
              MeshReport.Store.State.UNREACHABLE, "connection refused", null, 120));
      scraper.publish(SimulatedScraper.newest());

      eventually(
          open(scraper), "store", "Unreachable, agents keep the windows: connection refused");
    }
  }

  @Test
  void aStoreThatRejectsSomePointsIsShownWithItsMessage() throws Exception {
    try (SimulatedScraper scraper = mesh(4, 2)) {
      scraper.store(
          new MeshReport.Store(
              MeshReport.Store.State.REACHABLE,
              "points are rejected for good: too old",
              Instant.parse("2026-11-20T10:00:00Z"),
              120,
              MeshReport.Store.Trouble.POINTS_REJECTED));
      scraper.publish(SimulatedScraper.newest());

      eventually(open(scraper), "store", "But points are rejected for good: too old");
    }
  }

  @Test
  void aboveAHundredNodesZonesAreShownAndOpenIntoTheirNodes() throws Exception {
    try (SimulatedScraper scraper = mesh(120, 3)) {
      scraper.publish(SimulatedScraper.newest());
      Browser page = open(scraper);
      eventually(page, "reading", "120 nodes, so zones are shown");

      page.eval("document.getElementById('heatmap').focus()");
      page.key("ArrowRight");
      eventually(page, "pointed", "pairs; Enter or a click shows them");
      page.key("Enter");

      eventually(page, "reading", "Each row's node probes the nodes of the columns, zone ");
      goesOn(page);
      page.eval("document.getElementById('back').click()");
      eventually(page, "reading", "120 nodes, so zones are shown");
      goesOn(page);
      assertThat(page.text("trouble")).isEmpty();
    }
  }

  @Test
  void aPageThatFailsSaysSoAndGoesOnAsking() throws Exception {
    try (SimulatedScraper scraper = mesh(4, 2)) {
      scraper.publish(SimulatedScraper.newest());
      Browser page = open(scraper);
      eventually(page, "verdict-word", "✓ Healthy");

      page.eval("document.getElementById('reading').remove()");

      eventually(page, "trouble", "The page failed: ");
      eventually(page, "verdict-word", "? was Healthy");
      goesOn(page);
    }
  }

  @Test
  void aFaultOfOneClassIsWhatIsShownFirst() throws Exception {
    try (SimulatedScraper scraper = mesh(4, 2)) {
      Instant end = SimulatedScraper.newest();
      for (int i = 2; i >= 0; i--) {
        Instant window = end.minusSeconds(10L * i);
        scraper.publish(window);
        Point lossy = Points.pair("node-1", "node-2", window, 160, 80, 0.2);
        scraper.publish("node-1", List.of(Points.with(lossy, Point.Tags.PORT, "voice")));
      }

      Browser page = open(scraper);

      eventually(page, "verdict-message", ", only in class voice");
      assertThat(page.eval("document.getElementById('class').selectedOptions[0].textContent"))
          .isEqualTo("✗ voice IPv4");
      page.eval(
          "document.getElementById('class').value = JSON.stringify({port:'default',family:'IPv4'});"
              + "document.getElementById('class').dispatchEvent(new Event('change'))");
      page.eval("document.querySelector('#worst button').click()");
      eventually(page, "details-words", "240 of 480 lost");
    }
  }

  @Test
  void silentNodesAreNamedAndNothingAppearsHealthy() throws Exception {
    try (SimulatedScraper scraper = mesh(4, 2)) {
      Instant end = SimulatedScraper.newest();
      for (int i = 2; i >= 0; i--) {
        Instant window = end.minusSeconds(10L * i);
        scraper.publish(window);
        for (int node = 1; node <= 4; node++) {
          String name = "node-" + node;
          scraper.publish(name, List.of(Points.refused(name, "edge-a", window, 160)));
        }
      }

      Browser page = open(scraper);

      eventually(page, "verdict-word", "✗ TargetsSilent");
      eventually(page, "verdict-message", "edge-a refuses all 4 sources");
      eventually(page, "suspects", "its host refuses all 4 sources: nobody listens there");
      assertThat(page.eval("document.getElementById('verdict').className")).isEqualTo("bad");
    }
  }

  @Test
  void aMeshThatFewReportOfIsNotHealthy() throws Exception {
    try (SimulatedScraper scraper = mesh(12, 3)) {
      scraper.publish(SimulatedScraper.newest(), 9, Instant.now().minusSeconds(90));

      Browser page = open(scraper);

      eventually(page, "verdict-word", "? Incomplete");
      eventually(page, "verdict-message", "9 of 12 agents are silent");
    }
  }

  @Test
  void aDeadNodeAndACutAreShownAtOnceAndTheSidesAreMarked() throws Exception {
    try (SimulatedScraper scraper = mesh(6, 1)) {
      scraper.publish(SimulatedScraper.newest());
      Browser page = open(scraper);
      eventually(page, "verdict-word", "✓ Healthy");
      assertThat(page.eval("document.getElementById('fabric').hidden")).isEqualTo("true");

      Instant since = Instant.now();
      scraper.fabric(
          new FabricReport(
              3,
              since,
              List.of(
                  new FabricReport.Unreachable("node-6", since, FabricReport.Kind.NODE),
                  new FabricReport.Unreachable("<b>node-5</b>", since, FabricReport.Kind.AGENT)),
              List.of(
                  new FabricReport.Partition(
                      List.of("node-1", "node-2"),
                      List.of("node-3"),
                      List.of("node-4"),
                      FabricReport.Direction.A_TO_B,
                      since))));

      eventually(page, "fabric", "Cut: node-1, node-2 ↛ node-3 both reach node-4; since ");
      eventually(page, "fabric", "node-6 is unreachable since ");
      eventually(page, "fabric", "<b>node-5</b> is up, without an agent since ");
      eventually(page, "verdict-word", "✗ Partitioned");
      assertThat(page.eval("document.title")).startsWith("✗ Partitioned");
      String labels =
          "echarts.getInstanceByDom(document.getElementById('heatmap')).getOption().yAxis[0]";
      assertThat(page.eval(labels + ".axisLabel.formatter('node-1', 0)")).isEqualTo("[A] node-1");
      assertThat(page.eval(labels + ".axisLabel.formatter('node-3', 2)")).isEqualTo("[B] node-3");
      assertThat(page.eval(labels + ".axisLabel.formatter('node-4', 3)")).isEqualTo("node-4");

      scraper.fabric(
          new FabricReport(
              3,
              since,
              List.of(),
              List.of(
                  new FabricReport.Partition(
                      List.of("node-1"),
                      List.of("node-3"),
                      List.of(),
                      FabricReport.Direction.BOTH,
                      since,
                      true)),
              List.of(new FabricReport.Blocked("node-5", since))));
      eventually(page, "fabric", "UDP cut: node-1 ↮ node-3 TCP passes; since ");
      eventually(page, "fabric", "node-5: the fabric's TCP port is blocked probes arrive; since ");
      eventually(page, "verdict-word", "✗ ProbesBlocked");

      scraper.fabric(
          new FabricReport(
              3, since, List.of(), List.of(), List.of(new FabricReport.Blocked("node-5", since))));
      eventually(page, "verdict-word", "✓ Healthy");
      assertThat(page.eval("document.getElementById('fabric').hidden")).isEqualTo("false");

      scraper.fabric(FabricReport.clear(3, since));
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> page.eval("document.getElementById('fabric').hidden").equals("true"));
      eventually(page, "verdict-word", "✓ Healthy");
      goesOn(page);
    }
  }

  /** Whether the page still asks. */
  private static void goesOn(Browser page) {
    String asked = "performance.getEntriesByName(location.origin + '/api/v1/report').length";
    int before = Integer.parseInt(page.eval(asked));
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> Integer.parseInt(page.eval(asked)) > before + 1);
  }

  @Test
  void thePastIsShownAndLabelledAsThePast() throws Exception {
    try (SimulatedScraper scraper = mesh(4, 2)) {
      Instant end = SimulatedScraper.newest();
      for (int i = 20; i >= 0; i--) {
        scraper.publish(end.minusSeconds(10L * i));
      }
      Browser page = open(scraper);
      eventually(page, "when", "now");

      page.eval("document.getElementById('slider').focus()");
      page.key("ArrowLeft");

      eventually(page, "when", "as of ");
      eventually(page, "past", "verdict, suspects and worst pairs are of now.");
      page.eval("document.getElementById('live').click()");
      eventually(page, "when", "now");
    }
  }

  @Test
  void aTokenIsAskedForWhereOneIsSetAndAWrongOneAgain() throws Exception {
    try (SimulatedScraper scraper =
        new SimulatedScraper(0, 4, 2, (source, destination, path) -> 0, "Bearer s3cret"::equals)) {
      scraper.publish(SimulatedScraper.newest());
      Browser page = open(scraper);
      eventually(page, "token-title", "A token is asked for");

      page.type("wrong");
      page.eval("document.getElementById('token-given').click()");
      eventually(page, "token-refused", "That token was not accepted.");
      page.type("s3cret");
      page.eval("document.getElementById('token-given').click()");

      eventually(page, "verdict-word", "✓ Healthy");
      assertThat(page.eval("sessionStorage.getItem('llama-mesh-token')")).isEqualTo("s3cret");
    }
  }

  @Test
  void ofASilencedNodeIsShownUntilWhenByWhomWhyAndWhatItStillLoses() throws Exception {
    Instant since = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    try (SimulatedScraper scraper =
        new SimulatedScraper(
            0,
            4,
            2,
            (source, destination, path) -> destination.equals("node-2") ? 1 : 0,
            authorization -> true)) {
      scraper.publish(SimulatedScraper.newest(), 1, since.minusSeconds(90));
      scraper.silence(
          List.of(
              new SilencedNode(
                  "node-2", since, since.plus(Duration.ofHours(50)), "ann", "<i>disk swap</i>"),
              new SilencedNode(
                  "node-4", since, since.plusSeconds(7_200), "bob from 10.0.0.9", "reboot")));

      Browser page = open(scraper);

      eventually(page, "silenced", ", 2 d 2 h more; since ");
      assertThat(page.text("silenced"))
          .containsPattern("node-2 until \\w+, [\\w ]+, \\d\\d:\\d\\d:\\d\\d, 2 d 2 h more")
          .contains(", by ann: <i>disk swap</i>")
          .contains("now 0 % of its own probes are lost, 100 % of the probes of it")
          .contains(", by bob from 10.0.0.9: reboot")
          .contains("its agent does not report: no answer within 5 s");
      String yAxis =
          "echarts.getInstanceByDom(document.getElementById('heatmap')).getOption().yAxis[0]";
      assertThat(page.eval(yAxis + ".data.join()")).contains("node-4 (silenced)");
      // That it has no data is shown, and nobody is alerted of it.
      assertThat(page.text("legend")).contains("no data: agent silent");
      String tip =
          "echarts.getInstanceByDom(document.getElementById('heatmap')).getOption().tooltip[0]";
      assertThat(page.eval(tip + ".formatter({value: [2, 0]})"))
          .contains("node-1 → node-2", "<br>node-2 is silenced until ", ": measured, not judged");
      assertThat(page.text("trouble")).isEmpty();
    }
  }

  @Test
  void aBurstIsStartedOnACellAndItsRowsAreShown() throws Exception {
    try (SimulatedScraper scraper = guarded()) {
      scraper.publish(SimulatedScraper.newest());
      scraper.fabric(FabricReport.clear(3, Instant.now()));
      Browser page = openDialog(scraper);
      eventually(
          page, "burst-sum", "5 agents send node-3 1,000 probes per second together, for 10 s.");
      page.eval("document.getElementById('burst-name').focus()");
      page.type("ann");
      page.eval("document.getElementById('burst-start').click()");
      give(page, "wrong");
      eventually(page, "token-refused", "That token was not accepted.");
      give(page, "s3cret");

      eventually(page, "burst-words", "200 probes/s for 10 s from each agent, by ann by page");
      await()
          .until(() -> page.eval("document.getElementById('burst-open').disabled").equals("true"));
      assertThat(page.eval("document.getElementById('burst-progress').hidden")).isEqualTo("false");
      scraper.bursts().finish();
      eventually(page, "burst-rows", "20.15 %");
      assertThat(page.text("burst-rows"))
          .contains("18.45 % to 21.96 %", "403 of 2000", "0.00 % to 0.19 %");
      assertThat(page.eval("document.querySelector('#burst-rows tr').className"))
          .isEqualTo("asked");
      eventually(page, "burst-notes", "node-4 did not probe: this agent runs 4 bursts already.");
      eventually(page, "burst-notes", "No answer from node-5.");
      assertThat(page.eval("document.getElementById('burst-progress').hidden")).isEqualTo("true");
      assertThat(page.text("trouble")).isEmpty();
    }
  }

  /** Behind one name there are two scrapers by default: any request may reach the other one. */
  @Test
  void aScraperThatDoesNotKnowABurstIsAskedAgainUntilOneDoes() throws Exception {
    try (SimulatedScraper scraper = guarded()) {
      Browser page = startShortBurst(scraper);
      eventually(page, "burst-words", "Collecting answers, 4 to come");
      assertThat(page.eval("document.getElementById('burst-failed').hidden")).isEqualTo("true");

      scraper.bursts().finish();
      scraper.bursts().forget(false);

      eventually(page, "burst-rows", "20.15 %");
      assertThat(page.eval("document.getElementById('burst-failed').hidden")).isEqualTo("true");
    }
  }

  @Test
  void aBurstThatNobodyKnowsAnyMoreIsNotWaitedForWithoutEnd() throws Exception {
    try (SimulatedScraper scraper = guarded()) {
      Browser page = startShortBurst(scraper);

      eventually(page, "burst-words", "What came of it is not known here");

      assertThat(page.eval("document.getElementById('burst-open').disabled")).isEqualTo("false");
      assertThat(page.eval("document.getElementById('burst-progress').hidden")).isEqualTo("true");
    }
  }

  /** Starts a burst of a second, of which the scraper does not know any more at once. */
  private static Browser startShortBurst(SimulatedScraper scraper) {
    scraper.publish(SimulatedScraper.newest());
    scraper.fabric(FabricReport.clear(3, Instant.now()));
    Browser page = openDialog(scraper);
    page.eval("document.getElementById('burst-seconds').value = '1'");
    scraper.bursts().forget(true);
    page.eval("document.getElementById('burst-start').click()");
    give(page, "s3cret");
    eventually(page, "burst-words", "200 probes/s for 1 s from each agent");
    return page;
  }

  @Test
  void aBurstThatIsRefusedIsSaidInWords() throws Exception {
    try (SimulatedScraper scraper = guarded()) {
      scraper.publish(SimulatedScraper.newest());
      scraper.fabric(FabricReport.clear(3, Instant.now()));
      scraper.bursts().refuse(409, "a burst at node-3 is on its way already, asked for by bob");
      Browser page = openDialog(scraper);
      page.eval("document.getElementById('burst-start').click()");
      give(page, "s3cret");

      eventually(
          page,
          "burst-failed",
          "The burst was not started: a burst at node-3 is on its way already, asked for by bob.");
    }
  }

  @Test
  void whoHasNoTokenGoesBackToThePage() throws Exception {
    try (SimulatedScraper scraper = guarded()) {
      scraper.publish(SimulatedScraper.newest());
      scraper.fabric(FabricReport.clear(3, Instant.now()));
      Browser page = openDialog(scraper);
      page.eval("document.getElementById('burst-start').click()");
      eventually(page, "token-title", "A token is asked for");

      page.eval("document.getElementById('token-cancel').click()");

      eventually(page, "burst-failed", "The burst was not started: no token was given.");
      assertThat(scraper.bursts().recent()).isEmpty();
      goesOn(page);
    }
  }

  @Test
  void whereNoBurstCanBeStartedThePageSaysWhy() throws Exception {
    try (SimulatedScraper scraper = mesh(6, 2)) {
      scraper.publish(SimulatedScraper.newest());
      scraper.bursts().makeUnavailable("a burst takes a token of readers");
      Browser page = Objects.requireNonNull(browser);
      page.open(scraper.url() + "/#pair=node-1%3Enode-3");
      eventually(page, "details-words", "1 window since");
      assertThat(page.eval("document.getElementById('burst').hidden")).isEqualTo("true");

      scraper.fabric(FabricReport.clear(3, Instant.now()));

      eventually(page, "burst-why", "Not from here: a burst takes a token of readers. From a");
      assertThat(page.eval("document.getElementById('burst-open').disabled")).isEqualTo("true");
    }
  }

  private static SimulatedScraper guarded() throws IOException {
    return new SimulatedScraper(
        0, 6, 2, (source, destination, path) -> 0, given -> true, "Bearer s3cret"::equals);
  }

  /** Opens a cell, and its dialog once a burst can be started. */
  private static Browser openDialog(SimulatedScraper scraper) {
    Browser page = Objects.requireNonNull(browser);
    page.open(scraper.url() + "/#pair=node-1%3Enode-3");
    eventually(page, "burst-open", "Burst at node-3…");
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> page.eval("document.getElementById('burst-open').disabled").equals("false"));
    page.eval("sessionStorage.clear()");
    page.eval("document.getElementById('burst-open').click()");
    return page;
  }

  private static void give(Browser page, String token) {
    eventually(page, "token-title", "A token is asked for");
    page.type(token);
    page.eval("document.getElementById('token-given').click()");
  }

  @Test
  void onAPhoneNothingIsWiderThanTheScreen() throws Exception {
    Browser page = Objects.requireNonNull(browser);
    page.resize(390, 844);
    try (SimulatedScraper scraper = mesh(12, 3)) {
      scraper.publish(SimulatedScraper.newest());
      open(scraper);
      eventually(page, "legend", "0 %");

      assertThat(page.eval("document.documentElement.scrollWidth <= innerWidth")).isEqualTo("true");
    } finally {
      page.resize(1_280, 1_000);
    }
  }

  private static SimulatedScraper mesh(int nodes, int zones) throws IOException {
    return new SimulatedScraper(
        0, nodes, zones, (source, destination, path) -> 0, authorization -> true);
  }

  private static Browser open(SimulatedScraper scraper) {
    Browser page = Objects.requireNonNull(browser);
    page.open(scraper.url());
    return page;
  }

  private static void eventually(Browser page, String id, String text) {
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(page.text(id)).contains(text));
  }
}
