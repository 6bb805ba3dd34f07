package io.llamamesh.scraper.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.results.Point;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.cluster.AgentEndpoint;
import io.llamamesh.scraper.cluster.Bookmark;
import io.llamamesh.scraper.cluster.HostPort;
import io.llamamesh.scraper.matrix.AgentHealth;
import io.llamamesh.scraper.matrix.Matrix;
import io.llamamesh.scraper.matrix.WindowSelection;
import io.llamamesh.scraper.store.StoreWriter;
import io.llamamesh.scraper.store.WriteResult;
import io.llamamesh.scraper.testing.FakeAgent;
import io.llamamesh.scraper.testing.Points;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AgentPullsTest {
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final Duration DAY = Duration.ofDays(1);
  private static final InstantSource CLOCK = InstantSource.system();

  private final Matrix matrix = new Matrix(INTERVAL, Duration.ofHours(1), CLOCK);
  private final FakeStore store = new FakeStore();
  private final long second = Instant.now().getEpochSecond() - 100;
  private final FakeAgent agent;
  private @Nullable StoreWriter writer;
  private @Nullable AgentPulls pulls;

  @AfterEach
  void stop() {
    if (pulls != null) {
      pulls.close();
    }
    if (writer != null) {
      writer.close();
    }
    agent.close();
  }

  AgentPullsTest() throws IOException {
    agent = FakeAgent.start();
  }

  @Test
  void everyWindowReachesTheMatrixAndTheStoreOnce() {
    publish(1, 25);
    AgentPulls reading = pull(Map.of(), agentOf(agent));

    await().until(() -> store.lines().size() == 25);
    publish(26, 27);
    await().until(() -> store.lines().size() == 27);

    assertThat(store.lines()).doesNotHaveDuplicates();
    assertThat(matrix.history("node-1", "node-2").getFirst().cells()).hasSize(27);
    await().until(() -> cursors(reading).equals(Map.of("node-1", new WindowCursor("boot-1", 27))));
  }

  @Test
  void goesOnBehindTheCursorThatWasKept() {
    publish(1, 10);
    pull(Map.of("node-1", at(8)), agentOf(agent));

    await().until(() -> store.lines().size() == 2);

    assertThat(agent.queries().getFirst()).contains("after=boot-1:8");
  }

  @Test
  void whileTheStoreIsAwayTheMatrixGoesOnAndTheCursorStays() {
    store.unavailable(true);
    publish(1, 3);
    AgentPulls reading = pull(Map.of("node-1", at(0)), agentOf(agent));
    await().until(() -> matrix.view(WindowSelection.last(3)).pairs().size() == 1);
    publish(4, 6);
    await().until(() -> matrix.history("node-1", "node-2").getFirst().cells().size() == 6);

    assertThat(cursors(reading)).containsEntry("node-1", new WindowCursor("boot-1", 0));
    assertThat(store.lines()).isEmpty();
  }

  @Test
  void afterAnOutageOfTheStoreEveryWindowIsThereOnce() {
    store.unavailable(true);
    publish(1, 30);
    pull(Map.of(), agentOf(agent));
    await().until(() -> store.refusals() > 0);
    publish(31, 33);

    store.unavailable(false);

    await().until(() -> store.lines().size() == 33);
    assertThat(store.lines()).doesNotHaveDuplicates();
  }

  @Test
  void windowsThatTheAgentCouldNotKeepAreCounted() {
    publish(1, 20);
    agent.forget(10);
    AgentPulls reading = pull(Map.of("node-1", at(5)), agentOf(agent));

    await().until(() -> store.lines().size() == 10);

    await().until(() -> reading.counters().missed() == 5);
  }

  @Test
  void aSilentAgentDelaysNobody() throws IOException {
    publish(1, 1);
    try (FakeAgent silent = FakeAgent.start()) {
      silent.silent(true);
      AgentEndpoint dead = new AgentEndpoint("dead", List.of(HostPort.parse(silent.address(), 1)));
      AgentPulls reading = pull(Map.of(), dead, agentOf(agent));

      await().until(() -> store.lines().size() == 1);
      await().until(() -> reading.counters().failures() > 0);

      assertThat(reading.health())
          .filteredOn(health -> health.agent().equals("dead"))
          .singleElement()
          .satisfies(health -> assertThat(health.reporting()).isFalse())
          .extracting(AgentHealth::problem)
          .asString()
          .contains("no ");
    }
  }

  @Test
  void anAgentIsFoundAtTheFirstAddressThatAnswers() throws IOException {
    publish(1, 1);
    int closedPort;
    try (FakeAgent gone = FakeAgent.start()) {
      closedPort = gone.port();
    }
    pull(
        Map.of(),
        new AgentEndpoint(
            "node-1",
            List.of(new HostPort("127.0.0.1", closedPort), HostPort.parse(agent.address(), 1))));

    await().until(() -> store.lines().size() == 1);
  }

  @Test
  void aRestartedAgentIsReadFromItsBeginning() {
    publish(1, 2);
    pull(Map.of(), agentOf(agent));
    await().until(() -> store.lines().size() == 2);

    agent.restart("boot-2");
    publish(3, 3);

    // The same points again: the store overwrites them, or is told to.
    await().until(() -> store.lines().stream().distinct().count() == 3);
  }

  @Test
  void oneUnreadablePointDoesNotCostTheOthers() {
    agent.garbage(
        """
        [{"measurement":"raw_stats","time":"nonsense","tags":{},"fields":{}},
         {"measurement":"raw_stats","time":"%s","tags":{"src_name":"x","dst_name":"y"},
          "fields":{"sent":1.0,"received":1.0,"lost":0.0}}]
        """
            .formatted(Instant.ofEpochSecond(second)));
    AgentPulls reading = pull(Map.of(), agentOf(agent));

    await().until(() -> matrix.view(WindowSelection.last(3)).pairs().size() == 1);

    assertThat(reading.counters().malformed()).isPositive();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "+999999999-01-01T00:00:00Z",
        "-999999999-01-01T00:00:00Z",
        "+1000000000-12-31T23:59:59.999999999Z",
        "2150-01-01T00:00:00Z"
      })
  void anAbsurdClockCostsThatAgentAlone(String clock) throws IOException {
    publish(1, 1);
    try (FakeAgent absurd = FakeAgent.start()) {
      absurd.clock(clock);
      absurd.publish(List.of(Points.pair("node-9", "node-2", Instant.now(), 10, 0, 1)));
      AgentEndpoint broken =
          new AgentEndpoint("node-9", List.of(HostPort.parse(absurd.address(), 1)));
      AgentPulls reading = pull(Map.of(), broken, agentOf(agent));

      await().until(() -> reading.counters().failures() > 1);
      await().until(() -> store.lines().size() == 1);

      assertThat(reading.health()).hasSize(2);
      assertThat(reading.health())
          .filteredOn(health -> health.agent().equals("node-9"))
          .singleElement()
          .satisfies(health -> {
            assertThat(health.reporting()).isFalse();
            assertThat(health.problem()).contains("clock");
          });
    }
  }

  /** Such an offset is that of bookmarks which somebody changed. */
  @Test
  void anAgentWhoseHealthIsUnknownHidesNoOthers() {
    publish(1, 1);
    Bookmark absurd =
        new Bookmark(new WindowCursor("boot-1", 1), Duration.ofSeconds(Long.MAX_VALUE), null);
    AgentEndpoint broken = new AgentEndpoint("node-9", List.of(new HostPort("127.0.0.1", 1)));
    AgentPulls reading = pull(Map.of("node-9", absurd), broken, agentOf(agent));
    await().until(() -> store.lines().size() == 1);

    assertThat(reading.health())
        .satisfiesExactly(
            sound -> assertThat(sound.lastWindow()).isEqualTo(Instant.ofEpochSecond(second + 1)),
            unknown -> {
              assertThat(unknown.agent()).isEqualTo("node-9");
              assertThat(unknown.reporting()).isFalse();
              assertThat(unknown.problem()).contains("its health is unknown");
            });
  }

  @Test
  void anAgentThatStampedItsLastWindowWithATimeToComeDoesNotReportForEver() throws IOException {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    AgentPulls reading =
        new AgentPulls(
            INTERVAL, Duration.ofSeconds(1), matrix, null, Map.of(), agent -> List.of(), now::get);
    pulls = reading;
    try (FakeAgent ahead = FakeAgent.start()) {
      ahead.publish(
          List.of(Points.pair("node-9", "node-2", now.get().plusSeconds(86_400), 10, 0, 1)));
      reading.setAgents(
          List.of(new AgentEndpoint("node-9", List.of(HostPort.parse(ahead.address(), 1)))));
      await().until(() -> reading.health().getFirst().lastWindow() != null);

      assertThat(reading.health().getFirst().reporting()).isFalse();
      assertThat(reading.health().getFirst().problem()).contains("future times");
    }

    // Dead, and the time that it stamped has come.
    now.updateAndGet(time -> time.plusSeconds(86_400));

    assertThat(reading.health().getFirst().reporting()).isFalse();
  }

  @Test
  void namesOfAgentsAndTheirProblemsHaveOneLine() throws IOException {
    agent.garbage(
        """
        [{"measurement":"raw_stats","time":"%s","tags":{"src_name":"x\\nERROR forged","dst_name":"y\\u001b[2J"},
          "fields":{"sent":1.0,"received":1.0,"lost":0.0}}]
        """
            .formatted(Instant.ofEpochSecond(second)));
    AgentPulls reading = pull(Map.of(), agentOf(agent));
    await().until(() -> matrix.view(WindowSelection.last(3)).pairs().size() == 1);

    assertThat(matrix.view(WindowSelection.last(3)).pairs().getFirst())
        .satisfies(pair -> {
          assertThat(pair.source()).hasLineCount(1).doesNotContain("\n");
          assertThat(pair.destination()).doesNotContain("\u001b");
        });
    assertThat(reading.health()).allSatisfy(health -> assertThat(health.agent()).hasLineCount(1));
  }

  @Test
  void anAnswerThatIsNoListOfPointsIsAProblemOfThatAgent() {
    agent.garbage("<html>");
    AgentPulls reading = pull(Map.of(), agentOf(agent));

    await()
        .until(() ->
            reading.health().stream().anyMatch(h -> "answer is not JSON".equals(h.problem())));
  }

  @Test
  void anUnchangedSummaryOfACollectorWithoutCursorsIsOneWindow() {
    agent.withoutCursors();
    Point untimed =
        Points.pair("node-1", "node-2", Instant.parse("0001-01-01T00:00:00Z"), 480, 1, 1);
    agent.publish(List.of(untimed));
    pull(Map.of(), agentOf(agent));

    await().until(() -> agent.queries().size() >= 4);

    assertThat(matrix.history("node-1", "node-2").getFirst().cells())
        .singleElement()
        .satisfies(cell -> assertThat(cell.end()).isGreaterThan(second));
    assertThat(store.lines()).hasSize(1);
  }

  @Test
  void anAgentThatIsGoneIsReadNoMoreAndItsCursorIsRemembered() {
    publish(1, 1);
    AgentPulls reading = pull(Map.of(), agentOf(agent));
    await().until(() -> !cursors(reading).isEmpty());

    reading.setAgents(List.of());

    assertThat(reading.health()).isEmpty();
    assertThat(cursors(reading)).containsEntry("node-1", new WindowCursor("boot-1", 1));
  }

  @Test
  void sendsTheTokenThatAgentsAskFor() {
    agent.token("secret");
    publish(1, 1);
    pulls =
        new AgentPulls(
            INTERVAL,
            Duration.ofSeconds(1),
            matrix,
            null,
            Map.of(),
            agent -> List.of("secret"),
            CLOCK);
    pulls.setAgents(List.of(agentOf(agent)));

    await().until(() -> matrix.view(WindowSelection.last(3)).pairs().size() == 1);
  }

  @Test
  void anAgentThatKnowsNoTokenOfItsOwnIsShownTheMeshs() {
    agent.token("mesh");
    publish(1, 1);
    pulls =
        new AgentPulls(
            INTERVAL,
            Duration.ofSeconds(1),
            matrix,
            null,
            Map.of(),
            name -> List.of("own of " + name, "mesh"),
            CLOCK);
    pulls.setAgents(List.of(agentOf(agent)));

    await().until(() -> matrix.view(WindowSelection.last(3)).pairs().size() == 1);
    assertThat(pulls.counters().failures()).isZero();
  }

  @ParameterizedTest
  @EnumSource(names = {"NODE", "OUTSIDE"})
  void ofAnAgentWhoseNameIsKnownOnlyPointsOfThatNameAreTaken(AgentEndpoint.Trust trust) {
    Instant end = Instant.ofEpochSecond(second + 1);
    agent.publish(
        List.of(
            Points.pair("node-1", "node-2", end, 16, 0, 0.1),
            Points.pair("node-3", "node-2", end, 16, 0, 0.1),
            new Point(
                Point.REFLECTED_STATS,
                end,
                Map.of(Point.Tags.SRC_IP, "192.0.2.1", Point.Tags.DST_NAME, "node-3"),
                Map.of(Point.Fields.REFLECTED, 1.0))));
    StoreWriter toStore = new StoreWriter(store, CLOCK);
    writer = toStore;
    pulls =
        new AgentPulls(
            INTERVAL, Duration.ofSeconds(1), matrix, toStore, Map.of(), name -> List.of(), CLOCK);
    pulls.setAgents(
        List.of(new AgentEndpoint("node-1", List.of(HostPort.parse(agent.address(), 1)), trust)));

    await().until(() -> store.lines().size() == 1);
    assertThat(store.lines().getFirst()).contains("src_name=node-1");
    assertThat(matrix.view(WindowSelection.last(3)).pairs()).hasSize(1);
    assertThat(matrix.history("node-3", "node-2")).isEmpty();
    assertThat(pulls.counters().foreign()).isEqualTo(2);
  }

  @Test
  void ofWindowsThatAreFetchedAgainForTheStoreOnlyPointsOfTheNodeAreTaken() {
    for (int i = 1; i <= 3; i++) {
      Instant end = Instant.ofEpochSecond(second + i);
      agent.publish(
          List.of(
              Points.pair("node-1", "node-2", end, 16, 0, 0.1),
              Points.pair("node-3", "node-2", end, 16, 0, 0.1)));
    }
    AgentPulls reading =
        standBy(
            Map.of("node-1", at(0)),
            new AgentEndpoint(
                "node-1", List.of(HostPort.parse(agent.address(), 1)), AgentEndpoint.Trust.NODE));
    await()
        .until(
            () -> matrix.history("node-1", "node-2").stream().anyMatch(p -> p.cells().size() == 3));

    reading.lead(Map.of("node-1", at(0)));

    await().until(() -> store.lines().size() >= 3);
    assertThat(store.lines()).hasSize(3).allMatch(line -> line.contains("src_name=node-1"));
  }

  @Test
  void anAgentIsShownTheTokenOfItsNode() {
    agent.token("own of node-1");
    publish(1, 1);
    pulls =
        new AgentPulls(
            INTERVAL,
            Duration.ofSeconds(1),
            matrix,
            null,
            Map.of(),
            name -> List.of("own of " + name),
            CLOCK);
    pulls.setAgents(List.of(agentOf(agent)));

    await().until(() -> matrix.view(WindowSelection.last(3)).pairs().size() == 1);
  }

  @Test
  void anAgentThatRefusesOurTokenIsShownAsThatAndReadOnceTheTokenIsRight() {
    agent.token("secret");
    publish(1, 1);
    AtomicReference<@Nullable String> token = new AtomicReference<>("old");
    AgentPulls reading =
        new AgentPulls(
            INTERVAL,
            Duration.ofSeconds(1),
            matrix,
            null,
            Map.of(),
            agent -> List.of(token.get()),
            CLOCK);
    pulls = reading;
    reading.setAgents(List.of(agentOf(agent)));

    await().until(() -> "refused our token".equals(reading.health().getFirst().problem()));
    assertThat(reading.health().getFirst().reporting()).isFalse();
    assertThat(reading.health().getFirst().lastAnswer()).isNotNull();
    assertThat(reading.counters().failures()).isPositive();

    token.set("secret");

    await().until(() -> matrix.view(WindowSelection.last(3)).pairs().size() == 1);
    assertThat(reading.health().getFirst().lastWindow()).isNotNull();
  }

  @Test
  void anAgentThatAsksForATokenWeDoNotHaveSaysTheOption() {
    agent.token("secret");
    AgentPulls reading = pull(Map.of(), agentOf(agent));

    await()
        .untilAsserted(() ->
            assertThat(reading.health().getFirst().problem())
                .isNotNull()
                .contains("requires a token", "--auth-dir"));
  }

  @Test
  void aRefusalIsReportedRatherThanAnUnreachableAddress() throws IOException {
    agent.token("secret");
    int closedPort;
    try (FakeAgent gone = FakeAgent.start()) {
      closedPort = gone.port();
    }
    AgentPulls reading =
        pull(
            Map.of(),
            new AgentEndpoint(
                "node-1",
                List.of(
                    new HostPort("127.0.0.1", closedPort), HostPort.parse(agent.address(), 1))));

    await()
        .untilAsserted(() ->
            assertThat(reading.health().getFirst().problem())
                .isNotNull()
                .contains("requires a token"));
  }

  @Test
  void measuresHowFarAnAgentsClockIsAhead() {
    agent.skew(Duration.ofSeconds(90));
    publish(1, 1);
    AgentPulls reading = pull(Map.of(), agentOf(agent));

    await()
        .untilAsserted(() ->
            assertThat(reading.health().getFirst().clockSkewMillis()).isBetween(80_000L, 91_000L));
  }

  @Test
  void whileAnotherLeadsTheMatrixGoesOnAndNothingIsStored() {
    publish(1, 5);
    AgentPulls reading = standBy(Map.of("node-1", at(2)), agentOf(agent));

    await().until(() -> matrix.history("node-1", "node-2").size() == 1);
    publish(6, 6);
    await().until(() -> matrix.history("node-1", "node-2").getFirst().cells().size() == 4);

    assertThat(store.lines()).isEmpty();
    assertThat(cursors(reading)).containsEntry("node-1", new WindowCursor("boot-1", 2));
  }

  @Test
  void whoTakesOverStoresFromWhereTheOtherLeftOff() {
    publish(1, 20);
    AgentPulls reading = standBy(Map.of(), agentOf(agent));
    await().until(() -> matrix.history("node-1", "node-2").size() == 1);

    reading.lead(Map.of("node-1", at(8)));

    await().until(() -> store.lines().size() == 12);
    publish(21, 21);
    await().until(() -> store.lines().size() == 13);
    assertThat(store.lines()).doesNotHaveDuplicates();
    assertThat(reading.counters().missed()).isZero();
  }

  @Test
  void whoLostTheLeadStoresNoMore() {
    publish(1, 3);
    AgentPulls reading = pull(Map.of(), agentOf(agent));
    await().until(() -> store.lines().size() == 3);

    reading.standBy();
    publish(4, 6);
    await().until(() -> matrix.history("node-1", "node-2").getFirst().cells().size() == 6);

    assertThat(store.lines()).hasSize(3);
  }

  @Test
  void theLastSummaryOfACollectorWithoutCursorsIsStoredByWhoTakesOver() {
    agent.withoutCursors();
    agent.publish(
        List.of(Points.pair("node-1", "node-2", Instant.parse("0001-01-01T00:00:00Z"), 9, 1, 1)));
    AgentPulls reading = standBy(Map.of(), agentOf(agent));
    await().until(() -> matrix.history("node-1", "node-2").size() == 1);
    assertThat(store.lines()).isEmpty();

    reading.lead(Map.of());

    await().until(() -> store.lines().size() == 1);
  }

  @Test
  void whatAStoreAcknowledgedShortlyBeforeItWentAwayIsWrittenAgain() {
    publish(1, 50);
    AgentPulls reading = pull(Map.of(), agentOf(agent));
    await().until(() -> store.lines().size() == 50);
    store.unavailable(true);
    publish(51, 51);
    await().until(() -> store.refusals() > 0);

    store.unavailable(false);

    // Half a minute of windows of a second, whether or not it had them.
    await().until(() -> cursors(reading).equals(Map.of("node-1", new WindowCursor("boot-1", 51))));
    List<String> again = store.lines().subList(50, store.lines().size());
    assertThat(again).contains(store.lines().get(20)).doesNotContain(store.lines().get(19));
    assertThat(Set.copyOf(store.lines())).hasSize(51);
    assertThat(reading.counters().missed()).isZero();
  }

  @Test
  void aWindowKeepsItsTimeWhenItIsReadAgainAfterARestart() {
    agent.skew(Duration.ofSeconds(7));
    publish(1, 1);
    Bookmark kept = new Bookmark(new WindowCursor("boot-1", 0), Duration.ofSeconds(9), null);
    AgentPulls reading = pull(Map.of("node-1", kept), agentOf(agent));

    await().until(() -> store.lines().size() == 1);

    assertThat(store.lines().getFirst()).endsWith(" " + (second + 1 - 9) + "000");
    assertThat(reading.bookmarks(DAY).get("node-1").clockOffset()).isEqualTo(Duration.ofSeconds(9));
  }

  @Test
  void anAgentThatIsGoneForLongIsForgotten() {
    publish(1, 1);
    AgentPulls reading = pull(Map.of(), agentOf(agent));
    await().until(() -> !cursors(reading).isEmpty());

    reading.setAgents(List.of());

    assertThat(reading.bookmarks(DAY).get("node-1").goneSince()).isNotNull();
    await().until(() -> reading.bookmarks(Duration.ofMillis(1)).isEmpty());
  }

  @Test
  void sendsAgentsTheCursorUpToWhichTheirWindowsAreStored() {
    publish(1, 2);
    pull(Map.of(), agentOf(agent));
    await().until(() -> store.lines().size() == 2);

    await().until(() -> "boot-1:2".equals(agent.stored()));
    store.unavailable(true);
    publish(3, 3);
    await().until(() -> store.refusals() > 0);
    int asked = agent.queries().size();
    await().until(() -> agent.queries().size() > asked);

    assertThat(agent.stored()).isEqualTo("boot-1:2");
  }

  @Test
  void windowsWithoutAPairArePassedSwiftlyAndAreNotMissed() {
    for (int i = 0; i < 400; i++) {
      agent.publish(List.of());
    }
    publish(401, 401);
    AgentPulls reading = pull(Map.of("node-1", at(0)), agentOf(agent));

    await().until(() -> store.lines().size() == 1);
    await().until(() -> cursors(reading).equals(Map.of("node-1", new WindowCursor("boot-1", 401))));
    assertThat(reading.counters().missed()).isZero();
  }

  @Test
  void anAgentThatHasNoPairsHasItsCursorKept() {
    agent.publish(List.of());
    AgentPulls reading = pull(Map.of("node-1", at(0)), agentOf(agent));

    await().until(() -> cursors(reading).equals(Map.of("node-1", new WindowCursor("boot-1", 1))));
  }

  @Test
  void whereTenWindowsAreTooLargeFewerAreStoredAtATime() throws IOException {
    publish(1, 20);
    int window =
        ResultsJson.mapper()
            .writeValueAsBytes(
                List.of(Points.pair("node-1", "node-2", Instant.ofEpochSecond(second), 16, 0, 0.1)))
            .length;
    StoreWriter toStore = new StoreWriter(store, CLOCK);
    writer = toStore;
    AgentClient client =
        new AgentClient(
            Duration.ofSeconds(1),
            new BodyReader.Limits(16, Duration.ofMillis(300), 8, 8 << 20, 3 * window),
            CLOCK,
            agent -> List.of());
    AgentPulls reading = new AgentPulls(INTERVAL, client, matrix, toStore, Map.of(), CLOCK);
    pulls = reading;
    reading.standBy();
    reading.setAgents(List.of(agentOf(agent)));
    await().until(() -> matrix.history("node-1", "node-2").size() == 1);
    await().until(() -> matrix.history("node-1", "node-2").getFirst().cells().size() == 20);

    reading.lead(Map.of("node-1", at(0)));

    await().until(() -> store.lines().size() == 20);
    assertThat(store.lines()).doesNotHaveDuplicates();
  }

  @Test
  void whereAnAgentFailsOnManyWindowsAtOnceTheyAreStoredOneByOne() {
    agent.mostWindows(1);
    publish(1, 5);
    AgentPulls reading = standBy(Map.of("node-1", at(0)), agentOf(agent));
    await().until(() -> matrix.history("node-1", "node-2").size() == 1);
    await().until(() -> matrix.history("node-1", "node-2").getFirst().cells().size() == 5);

    reading.lead(Map.of("node-1", at(0)));

    await().until(() -> store.lines().size() == 5);
    assertThat(store.lines()).doesNotHaveDuplicates();
  }

  @Test
  void windowsThatAreReadAndNotStoredAreTheBacklogOfWhoLeads() {
    publish(1, 5);
    store.unavailable(true);
    AgentPulls reading = pull(Map.of("node-1", at(2)), agentOf(agent));

    await().until(() -> reading.backlog() == 3);

    reading.standBy();
    assertThat(reading.backlog()).isZero();

    reading.lead(Map.of());
    store.unavailable(false);

    await().until(() -> store.lines().size() >= 3 && reading.backlog() == 0);
  }

  @Test
  void whileTheStoreIsKnownToBeAwayAgentsAreNotAskedForIt() throws InterruptedException {
    AtomicReference<Instant> now = new AtomicReference<>(CLOCK.instant());
    store.unavailable(true);
    store.retryAfter(Duration.ofSeconds(50));
    StoreWriter toStore = new StoreWriter(store, now::get);
    writer = toStore;
    AgentPulls reading =
        new AgentPulls(
            INTERVAL,
            Duration.ofSeconds(1),
            matrix,
            toStore,
            Map.of(),
            agent -> List.of(),
            now::get);
    pulls = reading;
    reading.standBy();
    reading.setAgents(List.of(agentOf(agent)));
    for (int i = 1; i <= 3; i++) {
      publish(i, i);
      int expected = i;
      await()
          .until(() ->
              matrix.history("node-1", "node-2").stream()
                  .anyMatch(pair -> pair.cells().size() == expected));
    }
    assertThat(toStore.write(List.of("p value=1"))).isInstanceOf(WriteResult.Postponed.class);

    reading.lead(Map.of());
    publish(4, 4);
    await().until(() -> matrix.history("node-1", "node-2").getFirst().cells().size() == 4);
    int asked = agent.queries().size();
    await().until(() -> agent.queries().size() > asked + 3);

    // Who reads asks for one window a time as long as it is not behind.
    assertThat(agent.queries()).allMatch(query -> query.contains("limit=1&"));

    store.unavailable(false);
    now.set(now.get().plusSeconds(60));
    publish(5, 5);

    await().until(() -> store.lines().size() == 5);
    assertThat(store.lines()).doesNotHaveDuplicates();
    assertThat(agent.queries()).anyMatch(query -> !query.contains("limit=1&"));
  }

  private AgentPulls pull(Map<String, Bookmark> bookmarks, AgentEndpoint... agents) {
    AgentPulls reading = pulls(bookmarks);
    reading.setAgents(List.of(agents));
    return reading;
  }

  private AgentPulls standBy(Map<String, Bookmark> bookmarks, AgentEndpoint... agents) {
    AgentPulls reading = pulls(bookmarks);
    reading.standBy();
    reading.setAgents(List.of(agents));
    return reading;
  }

  private AgentPulls pulls(Map<String, Bookmark> bookmarks) {
    StoreWriter toStore = new StoreWriter(store, CLOCK);
    AgentPulls reading =
        new AgentPulls(
            INTERVAL, Duration.ofSeconds(1), matrix, toStore, bookmarks, agent -> List.of(), CLOCK);
    writer = toStore;
    pulls = reading;
    return reading;
  }

  private static Bookmark at(long sequence) {
    return Bookmark.at(new WindowCursor("boot-1", sequence));
  }

  private static Map<String, WindowCursor> cursors(AgentPulls reading) {
    Map<String, WindowCursor> cursors = new HashMap<>();
    reading.bookmarks(DAY).forEach((agent, bookmark) -> cursors.put(agent, bookmark.cursor()));
    return cursors;
  }

  private static AgentEndpoint agentOf(FakeAgent fake) {
    return new AgentEndpoint("node-1", List.of(HostPort.parse(fake.address(), 1)));
  }

  private void publish(int from, int to) {
    for (int i = from; i <= to; i++) {
      agent.publish(
          List.of(Points.pair("node-1", "node-2", Instant.ofEpochSecond(second + i), 16, 0, 0.1)));
    }
  }
}
