package io.llamamesh.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.LlamaMeshSpec.IpFamily;
import io.llamamesh.crd.LlamaMeshStatus;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.NodeFacts;
import io.llamamesh.operator.plan.Planner;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.MeshReport.Store.Trouble;
import io.llamamesh.results.Verdict;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatusFactoryTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

  @Test
  void familiesThatNoNodeHasMakeTheMeshUnreadyWithTheRemedy() {
    List<NodeFacts> nodes = List.of(node("node-1", "10.0.0.1"), node("node-2", "10.0.0.2"));

    LlamaMeshStatus status = status("[IPv6]", nodes);

    assertThat(condition(status, "ConfigsReady"))
        .extracting(Condition::getStatus, Condition::getReason)
        .containsExactly("False", "AddressesMissing");
    assertThat(condition(status, "ConfigsReady").getMessage())
        .contains("no node has an IPv6 address", "leave spec.ipFamilies out");
    assertThat(condition(status, "Ready").getStatus()).isEqualTo("False");
  }

  @Test
  void theFamilyThatTheNodesHaveIsTold() {
    List<NodeFacts> nodes = List.of(node("node-1", "10.0.0.1"), node("node-2", "10.0.0.2"));

    LlamaMeshStatus status = status("", nodes);

    assertThat(status.ipFamilies()).containsExactly(IpFamily.IPV4);
    assertThat(condition(status, "ConfigsReady").getStatus()).isEqualTo("True");
  }

  @Test
  void oneNodeWithoutAnAddressIsNamedAndTheOthersAreMeasured() {
    List<NodeFacts> nodes =
        List.of(node("node-1", "10.0.0.1"), node("node-2", "10.0.0.2"), node("node-3", null));

    LlamaMeshStatus status = status("", nodes);

    assertThat(condition(status, "ConfigsReady").getStatus()).isEqualTo("True");
    assertThat(condition(status, "ConfigsReady").getMessage()).contains("IPv4", "node-3");
  }

  @Test
  void anObjectThatIsTakenIsOneAndSeveralAreSeveral() {
    assertThat(taken("ServiceAccount a"))
        .startsWith(
            "ServiceAccount a is not this mesh's and stays as it is; delete or rename it, or name")
        .endsWith(" the mesh takes it over");
    assertThat(taken("ServiceAccount a", "Service b"))
        .startsWith(
            "ServiceAccount a, Service b are not this mesh's and stay as they are; delete or rename"
                + " them, or name")
        .endsWith(" the mesh takes them over");
  }

  @Test
  void nodesThatHaveAnAddressInCommonAreToldWithTheRemedy() {
    NodeFacts one = node("node-1", "10.0.0.1");
    NodeFacts two = node("node-2", "10.0.0.1");

    Condition told = condition(status("", List.of(one, two)), "ConfigsReady");

    assertThat(told.getStatus() + " " + told.getReason()).isEqualTo("True AddressesShared");
    assertThat(told.getMessage())
        .contains("delete the Node that is no more", "node-2 (that of node-1)");
  }

  @Test
  void aNetworkThatIsWellForWantOfPairsSaysWhy() {
    String why = "nothing to judge, since node-2 is leaving";
    var totals = new MeshReport.Totals(1, 1, 0, 0, null, null, null);
    var store = new MeshReport.Store(MeshReport.Store.State.NOT_CONFIGURED, null, null, 0);
    var report =
        new MeshReport("m", NOW, Verdict.HEALTHY, why, totals, List.of(), List.of(), store);

    LlamaMeshStatus status =
        StatusFactory.of(null, MeshStates.of(List.of(), new NetworkView.Known(report)), NOW);

    assertThat(condition(status, "NetworkHealthy"))
        .extracting(Condition::getStatus, Condition::getMessage)
        .containsExactly("True", why);
  }

  @ParameterizedTest
  @CsvSource({"POINTS_REJECTED, PointsRejected", "WRITES_FAILING, WritesFailing"})
  void pointsThatAStoreDoesNotTakeAreToldInItsWordsWhileItIsReachable(
      Trouble trouble, String reason) {
    String words = "points are rejected for good: HTTP 400: too old";
    var totals = new MeshReport.Totals(2, 2, 2, 0, 0.0, 0.1, 0.2);
    var store = new MeshReport.Store(MeshReport.Store.State.REACHABLE, words, NOW, 40, trouble);
    var report = new MeshReport("m", NOW, Verdict.HEALTHY, "", totals, List.of(), List.of(), store);

    LlamaMeshStatus status =
        status(
            "scraper: {influxdb: {url: 'http://influxdb:8086', v1: {database: llama}}}",
            List.of(node("node-1", "10.0.0.1"), node("node-2", "10.0.0.2")),
            new NetworkView.Known(report));

    assertThat(condition(status, "StoreReachable"))
        .extracting(Condition::getStatus, Condition::getReason, Condition::getMessage)
        .containsExactly("True", reason, words);
  }

  @Test
  void credentialsOfProgramsThatCannotBeUsedAreACondition() {
    Condition missing =
        condition(
            programs(null, new ProgramsView.Unusable(new Obstacle("SecretNotFound", "no Secret"))),
            "ProgramsReady");
    assertThat(missing)
        .extracting(Condition::getStatus, Condition::getReason, Condition::getMessage)
        .containsExactly("False", "SecretNotFound", "no Secret");
    LlamaMeshStatus well = programs(null, new ProgramsView.Usable(2));
    assertThat(condition(well, "ProgramsReady"))
        .extracting(Condition::getStatus, Condition::getReason, Condition::getMessage)
        .containsExactly("True", "Valid", "2 programs");
    assertThat(well.conditions())
        .filteredOn(c -> !c.getType().equals("ProgramsReady"))
        .extracting(Condition::getType)
        .isEqualTo(
            Objects.requireNonNull(status("", List.of()).conditions()).stream()
                .map(Condition::getType)
                .toList());
  }

  @Test
  void whileTheApiServerDoesNotHandOutTheSecretItsLastWordStands() {
    ProgramsView.Unread away = new ProgramsView.Unread("the server is away");

    assertThat(condition(programs(null, away), "ProgramsReady"))
        .extracting(Condition::getStatus, Condition::getReason, Condition::getMessage)
        .containsExactly("Unknown", "NotRead", "the server is away");
    assertThat(
            condition(programs(programs(null, new ProgramsView.Usable(1)), away), "ProgramsReady"))
        .extracting(Condition::getStatus, Condition::getMessage)
        .containsExactly("True", "1 program");
  }

  private static LlamaMeshStatus programs(@Nullable LlamaMeshStatus before, ProgramsView view) {
    MeshState s = MeshStates.of(List.of(), NetworkView.NOT_ASKED);
    return StatusFactory.of(
        before,
        new MeshState(
            s.generation(),
            s.refusals(),
            s.settings(),
            s.paused(),
            s.plan(),
            s.stale(),
            s.failures(),
            s.taken(),
            s.agents(),
            s.scraper(),
            s.network(),
            null,
            view),
        NOW);
  }

  private static String taken(String... objects) {
    MeshState state = MeshStates.of(List.of(objects), NetworkView.NOT_ASKED);
    return condition(StatusFactory.of(null, state, NOW), "ConfigsReady").getMessage();
  }

  private static LlamaMeshStatus status(String families, List<NodeFacts> nodes) {
    return status(
        families.isEmpty() ? "" : "ipFamilies: " + families, nodes, NetworkView.NOT_ASKED);
  }

  private static LlamaMeshStatus status(String yaml, List<NodeFacts> nodes, NetworkView network) {
    var spec =
        MeshSettings.of(yaml.isEmpty() ? null : Serialization.unmarshal(yaml, LlamaMeshSpec.class));
    return StatusFactory.of(
        null,
        new MeshState(
            1,
            List.of(),
            spec,
            false,
            Planner.plan(new MeshFacts("m", spec, "http://m", nodes)),
            List.of(),
            List.of(),
            List.of(),
            new AgentsReadiness(2, 2, List.of(), "", null),
            new ScraperReadiness(1, 1, null),
            network),
        NOW);
  }

  private static Condition condition(LlamaMeshStatus status, String type) {
    return Objects.requireNonNull(status.conditions()).stream()
        .filter(c -> type.equals(c.getType()))
        .findFirst()
        .orElseThrow();
  }

  private static NodeFacts node(String name, @Nullable String ipv4) {
    return new NodeFacts(
        name, Map.of("kubernetes.io/os", "linux"), ipv4, null, false, NOW, 8100, List.of());
  }
}
