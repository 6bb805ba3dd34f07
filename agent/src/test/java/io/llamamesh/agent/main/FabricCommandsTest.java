package io.llamamesh.agent.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.client.fake.FakeMeshServer;
import io.llamamesh.results.FabricMembers;
import io.llamamesh.results.FabricPartitions;
import io.llamamesh.results.FabricRoutes;
import io.llamamesh.results.FabricState;
import io.llamamesh.results.ResultsJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Commands that ask an agent of its fabric. */
@Timeout(60)
class FabricCommandsTest {
  private final PrintStream out = System.out;
  private final PrintStream err = System.err;
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final ByteArrayOutputStream complained = new ByteArrayOutputStream();
  private FakeMeshServer agent;

  @BeforeEach
  void start() throws IOException {
    agent = FakeMeshServer.start();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(complained, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void stop() {
    System.setOut(out);
    System.setErr(err);
    agent.close();
  }

  private int run(String... arguments) {
    List<String> all = new ArrayList<>();
    Collections.addAll(all, arguments);
    all.add("--server=" + agent.uri());
    return AgentMain.run(all.toArray(new String[0]));
  }

  private String printed() {
    return printed.toString(StandardCharsets.UTF_8);
  }

  private static FabricMembers members(FabricState second) {
    return new FabricMembers(
        "n1",
        List.of(
            new FabricMembers.Member(
                "n1", 7, "192.0.2.1:8101", FabricState.UP, false, null, List.of("n2"), List.of()),
            new FabricMembers.Member(
                "n2", 8, "192.0.2.2:8101", second, false, 0.25, List.of(), List.of())));
  }

  @Test
  void membersAreATableAndTheExitCodeSaysWhetherSomebodyIsMissing() {
    agent.members(members(FabricState.UP));
    assertThat(run("members")).isZero();
    assertThat(printed())
        .isEqualTo(
            """
            NAME  STATE  HEARD      ADDRESS         INCARNATION  NEIGHBORS
            n1    up     -          192.0.2.1:8101  7            n2
            n2    up     0.25s ago  192.0.2.2:8101  8            -
            """);
    agent.members(members(FabricState.AGENT_DOWN));
    assertThat(run("members")).isEqualTo(2);
    assertThat(printed()).contains("n2    agent-down  0.25s ago");
  }

  @Test
  void jsonIsTheDocument() throws Exception {
    agent.members(members(FabricState.FAILED));
    assertThat(run("members", "--json")).isEqualTo(2);
    assertThat(ResultsJson.mapper().readValue(printed(), FabricMembers.class))
        .isEqualTo(members(FabricState.FAILED));
  }

  @Test
  void aWatchPrintsEachChangeInALineOfJsonUntilItIsEnded() throws Exception {
    agent.members(members(FabricState.UP));
    Thread command = Thread.ofPlatform().daemon().start(() -> run("members", "--watch", "--json"));
    await().until(() -> printed().contains("\"state\":\"up\",\"heard"));
    agent.members(members(FabricState.FAILED));
    await().until(() -> printed().contains("\"state\":\"failed\""));
    agent.members(members(FabricState.UP));
    await().until(() -> printed().lines().count() == 3);
    command.interrupt();
    assertThat(command.join(Duration.ofSeconds(20))).isTrue();
  }

  @Test
  void partitionsAndRoutesArePrinted() {
    agent.members(members(FabricState.UP));
    agent.partitions(
        new FabricPartitions(
            List.of(
                new FabricPartitions.Partition(
                    List.of("n1"),
                    List.of("n2"),
                    FabricPartitions.Direction.A_TO_B,
                    true,
                    List.of("n3"),
                    1))));
    agent.routes(
        new FabricRoutes(
            "n1",
            List.of(
                new FabricRoutes.Node("n1", 0, null), new FabricRoutes.Node("n2", null, null))));
    assertThat(run("partitions")).isEqualTo(2);
    assertThat(run("routes")).isZero();
    assertThat(printed())
        .contains("{n1}  -x->  {n2}  (UDP only, TCP passes)  via {n3}")
        .contains("from n1\nNODE  HOPS         VIA\nn1    0            -\nn2    unreachable  -");
  }

  @Test
  void errorsAndWrongUseEndWithOneAndALine() {
    assertThat(run("members")).isEqualTo(1);
    assertThat(run("members", "--watch")).isEqualTo(1);
    assertThat(run("routes", "--to=n2")).isEqualTo(1);
    assertThat(run("routes", "n1", "--to=n2", "--watch")).isEqualTo(1);
    agent.token("secret");
    assertThat(run("partitions")).isEqualTo(1);
    assertThat(complained.toString(StandardCharsets.UTF_8))
        .contains("answers HTTP 404")
        .contains("--to needs ORIGIN before it")
        .contains("--watch goes without --to")
        .contains("asks for a token; name its file by --token-file");
    agent.token(null);
    agent.respond(
        "/v1/members", 503, Map.of("Content-Type", "application/json"), "{\"error\": \"why\"}");
    assertThat(run("members")).isEqualTo(1);
    assertThat(complained.toString(StandardCharsets.UTF_8)).contains("why");
  }
}
