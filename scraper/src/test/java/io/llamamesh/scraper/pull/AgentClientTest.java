package io.llamamesh.scraper.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llamamesh.scraper.cluster.HostPort;
import io.llamamesh.scraper.testing.FakeAgent;
import io.llamamesh.scraper.testing.Points;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Agents whose answers stall. Their patience is far longer than a test may last. */
final class AgentClientTest {
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final Duration MOMENT = Duration.ofMillis(250);
  private static final Instant END = Instant.parse("2026-11-20T09:00:10Z");

  private final List<FakeAgent> agents = new ArrayList<>();
  private AgentClient client = client(1, 1, 1 << 20);

  @AfterEach
  void stop() {
    client.close();
    agents.forEach(FakeAgent::close);
  }

  @Test
  void agentsThatStallInTheirBodiesDelayNoOther() throws Exception {
    restart(2, 2, 1 << 20);
    for (int i = 0; i < 24; i++) {
      var _ = fetching(agent(i % 2 == 0 ? 0 : 7));
    }

    for (int i = 0; i < 20; i++) {
      assertThat(fetching(agent(-1)).get(30, TimeUnit.SECONDS)).isEqualTo(1);
    }
  }

  @Test
  void whoIsSlowIsReadToTheEndWhileOthersAre() throws Exception {
    FakeAgent slow = agent(7);
    CompletableFuture<Integer> read = fetching(slow);
    for (int i = 0; i < 5; i++) {
      assertThat(fetching(agent(-1)).get(30, TimeUnit.SECONDS)).isEqualTo(1);
    }
    assertThat(read).isNotDone();

    slow.flow();

    assertThat(read.get(30, TimeUnit.SECONDS)).isEqualTo(1);
  }

  @Test
  void whoIsSlowWaitsForOneThatIsSlow() throws Exception {
    FakeAgent one = agent(7);
    FakeAgent other = agent(7);
    CompletableFuture<Integer> read = fetching(one);
    CompletableFuture<Integer> waits = fetching(other);
    assertThat(fetching(agent(-1)).get(30, TimeUnit.SECONDS)).isEqualTo(1);

    one.flow();
    other.flow();

    assertThat(read.get(30, TimeUnit.SECONDS)).isEqualTo(1);
    assertThat(waits.get(30, TimeUnit.SECONDS)).isEqualTo(1);
  }

  @Test
  void whereTooMuchOfSlowBodiesWaitsAnotherIsGivenUp() throws Exception {
    restart(1, 1, 0);
    CompletableFuture<Integer> one = fetching(agent(7));
    CompletableFuture<Integer> other = fetching(agent(7));

    assertThatThrownBy(() -> CompletableFuture.anyOf(one, other).get(30, TimeUnit.SECONDS))
        .hasRootCauseMessage("answers slowly, as too many others do");

    assertThat(List.of(one, other)).filteredOn(CompletableFuture::isDone).hasSize(1);
  }

  @Test
  void manyThatCatchUpSlowlyLeaveTheirPlacesToOthersThatDo() throws Exception {
    for (int i = 0; i < 12; i++) {
      var _ = fetching(agent(7), 10);
    }

    assertThat(fetching(agent(-1), 10).get(30, TimeUnit.SECONDS)).isEqualTo(1);
  }

  /** Half of the memory is for those who answer at once. */
  @Test
  void largeBodiesThatStallLeaveMemoryToOthers() throws Exception {
    client.close();
    client =
        new AgentClient(
            PATIENCE,
            new BodyReader.Limits(4, MOMENT, 8, 8 << 20, 1 << 20, 4 << 20),
            InstantSource.system(),
            agent -> List.of());
    for (int i = 0; i < 6; i++) {
      FakeAgent large = agent((1 << 20) - 100);
      large.garbage("[" + " ".repeat((1 << 20) - 10) + "]");
      var _ = fetching(large);
    }

    for (int i = 0; i < 20; i++) {
      assertThat(fetching(agent(-1)).get(30, TimeUnit.SECONDS)).isEqualTo(1);
    }
  }

  @Test
  void placesAreGivenBackWhenAnAnswerIsCutShort() throws Exception {
    FakeAgent cut = agent(7);
    CompletableFuture<Integer> read = fetching(cut);
    await().until(() -> !cut.queries().isEmpty());
    cut.close();
    assertThatThrownBy(() -> read.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(IOException.class);

    FakeAgent slow = agent(7);
    CompletableFuture<Integer> next = fetching(slow);
    assertThat(fetching(agent(-1)).get(30, TimeUnit.SECONDS)).isEqualTo(1);
    slow.flow();

    assertThat(next.get(30, TimeUnit.SECONDS)).isEqualTo(1);
  }

  @Test
  void anAnswerHoldsAsManyWindowsAsItSays() throws Exception {
    HostPort address = HostPort.parse(agent(-1).address(), 1);

    try (AgentClient.FetchedPage fetched = client.fetch("node-1", address, null, null, 10, false)) {
      assertThat(fetched.limit()).isEqualTo(10);
      assertThat(fetched.maxWindows()).isEqualTo(1);
    }
  }

  private void restart(int quick, int slow, int waitingBytes) {
    client.close();
    client = client(quick, slow, waitingBytes);
  }

  private static AgentClient client(int quick, int slow, int waitingBytes) {
    return new AgentClient(
        PATIENCE,
        new BodyReader.Limits(quick, MOMENT, slow, waitingBytes, 1 << 20),
        InstantSource.system(),
        agent -> List.of());
  }

  /** An agent with a window that stalls after so many bytes of it; less than none: never. */
  private FakeAgent agent(int stallsAfter) throws IOException {
    FakeAgent agent = FakeAgent.start();
    agents.add(agent);
    agent.publish(List.of(Points.pair("node-1", "node-2", END, 16, 0, 0.1)));
    if (stallsAfter >= 0) {
      agent.stall(stallsAfter);
    }
    return agent;
  }

  private CompletableFuture<Integer> fetching(FakeAgent agent) {
    return fetching(agent, 1);
  }

  /** How many points come. */
  private CompletableFuture<Integer> fetching(FakeAgent agent, int limit) {
    AgentClient asked = client;
    CompletableFuture<Integer> points = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try (AgentClient.FetchedPage fetched =
              asked.fetch(
                  "node-1", HostPort.parse(agent.address(), 1), null, null, limit, limit > 1)) {
            points.complete(fetched.page().points().size());
          } catch (IOException e) {
            points.completeExceptionally(e);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            points.completeExceptionally(e);
          }
        });
    return points;
  }

  @ParameterizedTest
  @ValueSource(longs = {64L << 20, 88L << 20, 344L << 20, 2L << 30, 64L << 30})
  void whatAllBodiesTakeIsASixteenthOfTheHeapOrTwoOfFourMib(long heap) {
    BodyReader.Limits limits = BodyReader.Limits.of(heap);

    assertThat((long) limits.allBytes()).isLessThanOrEqualTo(Math.max(8 << 20, heap / 16));
    assertThat(limits.maxBytes()).isBetween(4 << 20, 32 << 20);
    assertThat(limits.maxBytes()).isLessThanOrEqualTo(limits.allBytes() / 2);
  }
}
