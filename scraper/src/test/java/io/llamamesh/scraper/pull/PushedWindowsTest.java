package io.llamamesh.scraper.pull;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.Point;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.cluster.AgentEndpoint;
import io.llamamesh.scraper.cluster.Bookmark;
import io.llamamesh.scraper.cluster.HostPort;
import io.llamamesh.scraper.matrix.AgentHealth;
import io.llamamesh.scraper.matrix.Matrix;
import io.llamamesh.scraper.matrix.WindowSelection;
import io.llamamesh.scraper.pull.WindowIngest.Outcome;
import io.llamamesh.scraper.pull.WindowIngest.PushHead;
import io.llamamesh.scraper.store.Store;
import io.llamamesh.scraper.store.StoreWriter;
import io.llamamesh.scraper.store.WriteFailure;
import io.llamamesh.scraper.testing.Points;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Agents that post all of their windows. */
final class PushedWindowsTest {
  private static final Duration INTERVAL = Duration.ofSeconds(10);
  private static final InetAddress SOURCE = InetAddress.ofLiteral("203.0.113.7");
  private static final Instant START = Instant.parse("2026-11-20T10:00:00Z");

  private final AtomicReference<Instant> now = new AtomicReference<>(START);
  private final RecordingStore store = new RecordingStore();
  private Matrix matrix;
  private StoreWriter writer;
  private AgentPulls pulls;
  private WindowIngest ingest;

  @BeforeEach
  void start() {
    start(Map.of());
  }

  private void start(Map<String, Bookmark> bookmarks) {
    matrix = new Matrix(INTERVAL, Duration.ofHours(1), now::get);
    writer = new StoreWriter(store, now::get);
    pulls =
        new AgentPulls(
            INTERVAL,
            Duration.ofSeconds(1),
            matrix,
            writer,
            bookmarks,
            agent -> List.of(),
            now::get);
    ingest = new WindowIngest(matrix, writer, pulls, now::get);
    pulls.setAgents(List.of(pushing("edge")));
  }

  @AfterEach
  void stop() {
    pulls.close();
    writer.close();
  }

  private static AgentEndpoint pushing(String name) {
    return new AgentEndpoint(
        name, List.of(new HostPort("10.0.0.9", 8100)), AgentEndpoint.Trust.PUSHING);
  }

  private static byte[] body(Point... points) throws Exception {
    return ResultsJson.mapper().writeValueAsBytes(List.of(points));
  }

  private PushHead head(String agent, long sequence, int windows) {
    return new PushHead(agent, new WindowCursor("b00t", sequence), windows, now.get(), now.get());
  }

  private Outcome post(String agent, long sequence, Point... points) throws Exception {
    return ingest.acceptPushed(head(agent, sequence, points.length), body(points), SOURCE);
  }

  private static Point window(String agent, int number) {
    return Points.pair(agent, "hub", START.plusSeconds(10L * (number - 5)), 10, 0, 1);
  }

  private AgentHealth health() {
    assertThat(pulls.health()).hasSize(1);
    return pulls.health().getFirst();
  }

  @Test
  void pushedWindowsAreStoredAndInTheMatrixAndTheirAgentReports() throws Exception {
    assertThat(health().problem()).isEqualTo("has not posted a window yet");

    assertThat(post("edge", 2, window("edge", 4), window("edge", 5)))
        .isEqualTo(new Outcome.Accepted(2));

    assertThat(store.lines).hasSize(2);
    assertThat(matrix.view(WindowSelection.last(3)).pairs()).hasSize(1);
    assertThat(health())
        .returns("edge", AgentHealth::agent)
        .returns(true, AgentHealth::reporting)
        .returns("203.0.113.7", AgentHealth::address);
    assertThat(pulls.counters().failures()).isZero();
  }

  @Test
  void aPageThatTheStoreHasIsAcknowledgedAndNotStoredAgain() throws Exception {
    var _ = post("edge", 5, window("edge", 5));
    store.writes = 0;

    assertThat(post("edge", 5, window("edge", 5))).isEqualTo(new Outcome.Accepted(0));
    assertThat(store.writes).isZero();
  }

  /** The answer never came, and the next scraper knows of nothing but what it saved a while ago. */
  @Test
  void whatIsPostedAgainToAScraperThatWasKilledChangesNothing() throws Exception {
    var _ = post("edge", 4, window("edge", 4));
    Map<String, Bookmark> saved = pulls.bookmarks(Duration.ofHours(1));
    var _ = post("edge", 5, window("edge", 5));
    Set<String> before = Set.copyOf(store.lines);
    stop();
    start(saved);

    assertThat(post("edge", 4, window("edge", 4))).isEqualTo(new Outcome.Accepted(0));
    assertThat(post("edge", 5, window("edge", 5))).isEqualTo(new Outcome.Accepted(1));

    assertThat(store.lines).isEqualTo(before);
    assertThat(pulls.counters().missed()).isZero();
  }

  @Test
  void whileTheStoreIsAwayThePageIsPostponedAndThenTakenOnce() throws Exception {
    store.away = true;
    assertThat(post("edge", 5, window("edge", 5))).isInstanceOf(Outcome.Postponed.class);
    assertThat(health().reporting()).isFalse();

    store.away = false;
    now.set(now.get().plusSeconds(60));
    assertThat(post("edge", 5, window("edge", 5))).isEqualTo(new Outcome.Accepted(1));
    assertThat(store.lines).hasSize(1);
  }

  @Test
  void windowsThatTheAgentGaveUpAreCountedAsMissed() throws Exception {
    var _ = post("edge", 2, window("edge", 2));
    var _ = post("edge", 5, window("edge", 5));

    assertThat(pulls.counters().missed()).isEqualTo(2);
  }

  @Test
  void silenceIsJudgedByTheLastPost() throws Exception {
    var _ = post("edge", 5, window("edge", 5));
    now.set(START.plusSeconds(37));
    assertThat(health().reporting()).isTrue();
    now.set(START.plusSeconds(40));

    assertThat(health())
        .returns(false, AgentHealth::reporting)
        .returns("has not posted lately", AgentHealth::problem);
  }

  @Test
  void whoStampedItsLastWindowWithATimeToComeDoesNotReportForEver() throws Exception {
    Duration day = Duration.ofDays(1);
    var _ = post("edge", 5, Points.pair("edge", "hub", START.plus(day), 10, 0, 1));
    assertThat(health())
        .returns(false, AgentHealth::reporting)
        .returns("stamps its windows with future times", AgentHealth::problem);

    // Dead, and the time that it stamped has come.
    now.set(START.plus(day));

    assertThat(health())
        .returns(false, AgentHealth::reporting)
        .returns("has not posted lately", AgentHealth::problem);
  }

  @Test
  void whoIsNotListedAsPushingKeepsItsWindows() throws Exception {
    assertThat(post("stranger", 5, window("stranger", 5)))
        .isEqualTo(
            new Outcome.Postponed("the registry does not list 'stranger' as an agent that pushes"));
    assertThat(store.lines).isEmpty();

    pulls.acceptUnlisted();
    assertThat(post("stranger", 5, window("stranger", 5))).isEqualTo(new Outcome.Accepted(1));
  }

  /** One that pushes has chosen its name itself. */
  @Test
  void whoIsPolledIsNeverPushed() throws Exception {
    pulls.setAgents(
        List.of(
            new AgentEndpoint("node-3", List.of(new HostPort("127.0.0.1", 1))), pushing("node-3")));

    assertThat(post("node-3", 5, window("node-3", 5))).isInstanceOf(Outcome.Postponed.class);
    assertThat(pulls.health()).hasSize(1);
  }

  @Test
  void anAgentSpeaksForItselfOnly() throws Exception {
    Point forged = window("node-3", 5);
    Point reflected = Points.reflected("hub", "edge", START, 7);
    Point forgedToo = Points.reflected("hub", "node-3", START, 7);

    assertThat(post("edge", 5, window("edge", 5), forged, reflected, forgedToo))
        .isEqualTo(new Outcome.Accepted(2));

    assertThat(store.lines).noneMatch(line -> line.contains("node-3"));
    assertThat(pulls.counters().malformed()).isEqualTo(2);
  }

  @Test
  void windowsOfAClockThatIsWrongAreMovedToTheirTimesAndStayThereWhenPostedAgain()
      throws Exception {
    Duration ahead = Duration.ofMinutes(10);
    Point early = Points.pair("edge", "hub", START.plus(ahead), 10, 0, 1);
    PushHead wrong =
        new PushHead("edge", new WindowCursor("b00t", 5), 1, now.get().plus(ahead), now.get());
    var _ = ingest.acceptPushed(wrong, body(early), SOURCE);

    assertThat(store.lines).hasSize(1);
    assertThat(store.lines.iterator().next()).endsWith(" " + START.toEpochMilli());
    assertThat(health().reporting()).isTrue();

    Map<String, Bookmark> saved = pulls.bookmarks(Duration.ofHours(1));
    stop();
    start(saved);
    PushHead again =
        new PushHead("edge", new WindowCursor("n3w", 5), 1, now.get().plus(ahead), now.get());
    var _ = ingest.acceptPushed(again, body(early), SOURCE);
    assertThat(store.lines).hasSize(1);
  }

  private Outcome postSent(long sequence, Duration ago, Duration waited) throws Exception {
    Instant arrived = now.get().minus(waited);
    return ingest.acceptPushed(
        new PushHead("edge", new WindowCursor("b00t", sequence), 1, arrived.minus(ago), arrived),
        body(window("edge", (int) sequence)),
        SOURCE);
  }

  @Test
  void waitsAndSlowPostsAreNoSkew() throws Exception {
    var _ = postSent(1, Duration.ZERO, Duration.ofSeconds(9));
    assertThat(health().clockSkewMillis()).isZero();
    var _ = postSent(2, Duration.ofSeconds(9), Duration.ZERO);
    assertThat(health().clockSkewMillis()).isZero();
    assertThat(store.lines.stream().map(line -> line.substring(line.lastIndexOf(' ') + 1)))
        .containsExactlyInAnyOrder(
            "" + START.minusSeconds(40).toEpochMilli(), "" + START.minusSeconds(30).toEpochMilli());
  }

  @Test
  void aClockThatIsSetBackIsBelievedAtOnce() throws Exception {
    var _ = postSent(1, Duration.ZERO, Duration.ZERO);
    var _ = postSent(2, Duration.ofMinutes(10), Duration.ZERO);

    assertThat(health().clockSkewMillis()).isEqualTo(-600_000);
  }

  @Test
  void aStandbyThatLeadsGoesOnWhereTheLastLeaderWas() throws Exception {
    var _ = post("edge", 1, window("edge", 1));
    pulls.standBy();
    pulls.lead(Map.of("push:edge", Bookmark.at(new WindowCursor("b00t", 4))));

    assertThat(post("edge", 4, window("edge", 4))).isEqualTo(new Outcome.Accepted(0));
    assertThat(post("edge", 5, window("edge", 5))).isEqualTo(new Outcome.Accepted(1));
    assertThat(pulls.counters().missed()).isZero();
    pulls.lead(Map.of("push:edge", Bookmark.at(new WindowCursor("b00t", 3))));
    assertThat(post("edge", 5, window("edge", 5))).isEqualTo(new Outcome.Accepted(0));
  }

  @Test
  void positionsOfAgentsThatNeverComeBackAreForgotten() {
    Map<String, Bookmark> saved = new HashMap<>();
    for (int i = 0; i <= PushedAgents.MAX_AGENTS; i++) {
      saved.put("push:a" + i, Bookmark.at(new WindowCursor("b00t", 4)));
    }
    pulls.lead(saved);

    assertThat(pulls.bookmarks(Duration.ofHours(1))).hasSize(PushedAgents.MAX_AGENTS);
    now.set(now.get().plus(Duration.ofMinutes(50)));
    pulls.lead(pulls.bookmarks(Duration.ofHours(1)));
    now.set(now.get().plus(Duration.ofMinutes(20)));
    assertThat(pulls.bookmarks(Duration.ofHours(1))).isEmpty();
  }

  @Test
  void onlyTheLeaderStores() throws Exception {
    pulls.standBy();
    assertThat(post("edge", 5, window("edge", 5)))
        .isEqualTo(new Outcome.Postponed("another scraper leads and stores"));
    pulls.lead(Map.of());
    assertThat(post("edge", 5, window("edge", 5))).isEqualTo(new Outcome.Accepted(1));
  }

  @Test
  void agentsThatNobodyListsAreBounded() throws Exception {
    pulls.acceptUnlisted();
    List<Outcome> outcomes = new ArrayList<>();
    for (int i = 0; i <= PushedAgents.MAX_AGENTS; i++) {
      outcomes.add(post("a" + i, 5));
    }

    assertThat(outcomes.getLast()).isInstanceOf(Outcome.Postponed.class);
    assertThat(outcomes.getFirst()).isInstanceOf(Outcome.Accepted.class);
    now.set(now.get().plus(Duration.ofHours(2)));
    assertThat(post("another", 5)).isInstanceOf(Outcome.Accepted.class);
  }

  /** Keeps lines by what a store keeps them by: all but their fields. */
  private static final class RecordingStore implements Store {
    private final Set<String> lines = new TreeSet<>();
    private int writes;
    private boolean away;

    @Override
    public synchronized void write(List<String> written) throws WriteFailure.WriteFailedException {
      if (away) {
        throw new WriteFailure.WriteFailedException(
            new WriteFailure.Unavailable("disk full", Duration.ofSeconds(1)));
      }
      writes++;
      lines.addAll(written);
    }

    @Override
    public String description() {
      return "recording";
    }

    @Override
    public void close() {}
  }
}
