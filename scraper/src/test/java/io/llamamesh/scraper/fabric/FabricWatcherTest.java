package io.llamamesh.scraper.fabric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.client.fake.FakeMeshServer;
import io.llamamesh.results.FabricMembers;
import io.llamamesh.results.FabricPartitions;
import io.llamamesh.results.FabricReport;
import io.llamamesh.results.FabricState;
import io.llamamesh.scraper.cluster.AgentEndpoint;
import io.llamamesh.scraper.cluster.HostPort;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FabricWatcherTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int AGENTS = 5;

  private final List<FakeMeshServer> agents = new ArrayList<>();
  private final AtomicInteger changes = new AtomicInteger();
  private volatile Set<String> leaving = Set.of();
  private FabricWatcher watcher;

  @BeforeEach
  void start() throws IOException {
    for (int i = 0; i < AGENTS; i++) {
      agents.add(FakeMeshServer.start());
    }
    watcher =
        new FabricWatcher(
            () -> null,
            () -> leaving,
            InstantSource.system(),
            new SplittableRandom(17),
            changes::incrementAndGet);
    watcher.start();
  }

  @AfterEach
  void stop() {
    watcher.close();
    agents.forEach(FakeMeshServer::close);
  }

  private void watchAll() {
    List<AgentEndpoint> endpoints = new ArrayList<>();
    for (int i = 0; i < agents.size(); i++) {
      endpoints.add(
          new AgentEndpoint(
              name(i), List.of(new HostPort("127.0.0.1", agents.get(i).uri().getPort()))));
    }
    watcher.setAgents(endpoints);
  }

  private static String name(int index) {
    return "n" + (index + 1);
  }

  /** All agents say that all are up but for one. */
  private void say(FabricState last) {
    for (int i = 0; i < AGENTS; i++) {
      say(i, last);
    }
  }

  private void say(int agent, FabricState last) {
    List<FabricMembers.Member> members = new ArrayList<>();
    for (int i = 0; i <= AGENTS; i++) {
      members.add(
          new FabricMembers.Member(
              name(i),
              1,
              "192.0.2." + i + ":8101",
              i == AGENTS ? last : FabricState.UP,
              false,
              null,
              List.of(),
              List.of()));
    }
    agents.get(agent).members(new FabricMembers(name(agent), members));
    agents.get(agent).partitions(new FabricPartitions(List.of()));
  }

  private int watched() {
    FabricReport report = watcher.report();
    return report == null ? -1 : report.agents();
  }

  private List<String> unreachable() {
    FabricReport report = watcher.report();
    return report == null
        ? List.of()
        : report.unreachable().stream().map(FabricReport.Unreachable::node).toList();
  }

  @Test
  void threeOfManyAreWatchedAndAChangeIsThereAtOnce() {
    say(FabricState.UP);
    watchAll();
    await().atMost(PATIENCE).until(() -> watched() == 3);
    assertThat(agents.stream().mapToInt(FakeMeshServer::openWatches).sum())
        .as("members and partitions of three")
        .isEqualTo(6);
    int before = changes.get();

    long began = System.nanoTime();
    say(FabricState.FAILED);
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> unreachable().equals(List.of("n6")));
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(1));
    assertThat(changes).hasValueGreaterThan(before);

    leaving = Set.of("n6");
    await().atMost(PATIENCE).until(() -> unreachable().isEmpty());
  }

  /** As where another program has its port: its API answers that there is no fabric. */
  @Test
  void anUnreachableNodeWhoseAgentAnswersHereHasABlockedPort() throws IOException {
    say(FabricState.FAILED);
    watchAll();
    await().atMost(PATIENCE).until(() -> unreachable().equals(List.of("n6")));
    try (FakeMeshServer withoutFabric = FakeMeshServer.start()) {
      agents.add(withoutFabric);
      watchAll();
      await()
          .atMost(PATIENCE)
          .until(() ->
              unreachable().isEmpty()
                  && watcher.report().fabricBlocked().stream()
                      .map(FabricReport.Blocked::node)
                      .toList()
                      .equals(List.of("n6")));
    }
    agents.removeLast();
    watchAll();
    await().atMost(PATIENCE).until(() -> unreachable().equals(List.of("n6")));
  }

  /** One that comes up again and again dies soon after its agent had no fabric yet. */
  @Test
  void whoeverTookPartAfterAllIsUnreachableWhenItDies() throws IOException {
    try (FakeMeshServer starting = FakeMeshServer.start()) {
      watcher.setAgents(
          List.of(
              new AgentEndpoint(
                  name(AGENTS), List.of(new HostPort("127.0.0.1", starting.uri().getPort())))));
      await().atMost(PATIENCE).until(() -> watcher.failures() > 0);
      agents.add(starting);
      say(FabricState.UP);
      watchAll();
      await().atMost(PATIENCE).during(Duration.ofSeconds(6)).until(() -> watched() == 3);
    }
    say(FabricState.FAILED);

    await().atMost(Duration.ofSeconds(15)).until(() -> unreachable().equals(List.of("n6")));
  }

  @Test
  void othersTakeOverWhereWatchedOnesAreGone() {
    say(FabricState.FAILED);
    watchAll();
    await().atMost(PATIENCE).until(() -> watched() == 3);
    for (FakeMeshServer agent : agents) {
      if (agent.openWatches() > 0 && watched() == 3) {
        agent.close();
        break;
      }
    }
    await().atMost(PATIENCE).until(() -> watcher.failures() > 0);
    await().atMost(PATIENCE).until(() -> watched() == 3);
    assertThat(unreachable()).containsExactly("n6");
  }

  @Test
  void aWatchThatEndsInOrderIsNoFailure() {
    say(FabricState.UP);
    watchAll();
    await().atMost(PATIENCE).until(() -> watched() == 3);
    agents.forEach(FakeMeshServer::endWatches);
    say(FabricState.FAILED);
    await().atMost(PATIENCE).until(() -> unreachable().equals(List.of("n6")));
    assertThat(watcher.failures()).isZero();
  }

  @Test
  void agentsWithoutAFabricAreAskedSeldomAndOneThatHasItIsFound() {
    watchAll(); // all answer 404
    await().atMost(PATIENCE).until(() -> watcher.failures() >= 4);
    assertThat(watcher.report()).isNull();
    int asked = agents.stream().mapToInt(agent -> agent.requests().size()).sum();
    await()
        .during(Duration.ofSeconds(2))
        .atMost(PATIENCE)
        .until(() -> agents.stream().mapToInt(agent -> agent.requests().size()).sum() <= asked + 2);
    assertThat(changes).hasValue(0);
  }

  @Test
  void withoutAnyWordWhatWasKnownIsHeldForAMomentAndThenNothing() {
    say(FabricState.FAILED);
    watchAll();
    await().atMost(PATIENCE).until(() -> watched() == 3);
    agents.forEach(FakeMeshServer::close);
    await().atMost(PATIENCE).until(() -> watched() == 0);
    assertThat(unreachable()).containsExactly("n6");
    await().atMost(PATIENCE).until(() -> watcher.report() == null);
  }

  @Test
  void oneThatIsRemovedIsWatchedNoMore() {
    say(FabricState.UP);
    watchAll();
    await().atMost(PATIENCE).until(() -> watched() == 3);
    watcher.setAgents(List.of());
    await()
        .atMost(PATIENCE)
        .until(() -> agents.stream().mapToInt(FakeMeshServer::openWatches).sum() == 0);
  }
}
