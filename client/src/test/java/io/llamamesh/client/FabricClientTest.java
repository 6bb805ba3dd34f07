package io.llamamesh.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llamamesh.client.fake.FakeMeshServer;
import io.llamamesh.results.FabricMembers;
import io.llamamesh.results.FabricPartitions;
import io.llamamesh.results.FabricRoutes;
import io.llamamesh.results.FabricState;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.Verdict;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FabricClientTest {
  private FakeMeshServer agent;
  private final FabricClient client = new FabricClient(ClientOptions.standard());

  @BeforeEach
  void start() throws IOException {
    agent = FakeMeshServer.start();
  }

  @AfterEach
  void close() {
    client.close();
    agent.close();
  }

  private static FabricMembers.Member member(String name, FabricState state) {
    return new FabricMembers.Member(
        name, 7, "192.0.2.1:8101", state, false, 0.25, List.of("n1"), List.of());
  }

  private static FabricMembers members(FabricState second) {
    return new FabricMembers("n1", List.of(member("n1", FabricState.UP), member("n2", second)));
  }

  @Test
  void documentsAreReadAsTheyWereWritten() throws Exception {
    FabricRoutes routes =
        new FabricRoutes(
            "n 1",
            List.of(
                new FabricRoutes.Node("n 1", 0, null), new FabricRoutes.Node("n2", null, null)));
    agent.members(members(FabricState.CUT_OFF));
    agent.partitions(new FabricPartitions(List.of()));
    agent.routes(routes);
    agent.check(member("n2", FabricState.AGENT_DOWN));

    assertThat(client.members(agent.uri())).isEqualTo(members(FabricState.CUT_OFF));
    assertThat(client.partitions(agent.uri()).partitions()).isEmpty();
    assertThat(client.routes(agent.uri(), "n 1")).isEqualTo(routes);
    assertThat(client.check(agent.uri(), "n2").state()).isEqualTo(FabricState.AGENT_DOWN);
    assertThat(agent.requests()).contains("/v1/routes/n%201", "/v1/members/n2/check");
  }

  @Test
  void aStateOfANewerAgentIsUnknownAndTextsComeWithoutControlCharacters() throws Exception {
    agent.respond(
        "/v1/members",
        200,
        Map.of("Content-Type", "application/json"),
        """
        {"self": "n1", "mood": 1, "members": [{"name": "n\\u001b[31m2", "incarnation": 1,
         "address": "", "state": "hibernating", "neighbors": [], "hears": []}]}
        """);

    FabricMembers.Member member = client.members(agent.uri()).members().getFirst();

    assertThat(member.state()).isEqualTo(FabricState.UNKNOWN);
    assertThat(member.state().isUnreachable()).isFalse();
    assertThat(member.name()).doesNotContain("\u001b");
  }

  @Test
  void anAgentWithoutAFabricSaysSoByItsStatus() {
    assertThatThrownBy(() -> client.members(agent.uri()))
        .isInstanceOfSatisfying(ClientException.class, e -> assertThat(e.status()).isEqualTo(404));
  }

  @Test
  void aWatchShowsWhatIsAndWhatChangesAndGoesOnAfterAnEnd() throws Exception {
    Queue<FabricMembers> seen = new ConcurrentLinkedQueue<>();
    agent.members(members(FabricState.UP));
    try (var _ = client.watchMembers(agent.uri(), seen::add)) {
      await().untilAsserted(() -> assertThat(seen).contains(members(FabricState.UP)));
      agent.members(members(FabricState.FAILED));
      await().untilAsserted(() -> assertThat(seen).contains(members(FabricState.FAILED)));
      agent.endWatches();
      agent.members(members(FabricState.LEFT));
      await().untilAsserted(() -> assertThat(seen).contains(members(FabricState.LEFT)));
      assertThat(agent.openWatches()).isEqualTo(1);
    }
    await().until(() -> agent.openWatches() == 0);
  }

  @Test
  void aReportIsWatchedToo() throws Exception {
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    agent.report(report("all well"));
    try (ScraperClient scraper = new ScraperClient(ClientOptions.standard());
        var _ = scraper.watchReport(agent.uri(), report -> seen.add(report.message()))) {
      await().until(() -> seen.contains("all well"));
      agent.report(report("n2 is gone"));
      await().until(() -> seen.contains("n2 is gone"));
    }
  }

  private static MeshReport report(String message) {
    return new MeshReport(
        "m",
        Instant.EPOCH,
        Verdict.HEALTHY,
        message,
        new MeshReport.Totals(0, 0, 0, 0, null, null, null),
        List.of(),
        List.of(),
        new MeshReport.Store(MeshReport.Store.State.PENDING, null, null, 0));
  }
}
