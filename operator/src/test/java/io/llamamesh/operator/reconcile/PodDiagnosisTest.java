package io.llamamesh.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.operator.resources.EventLog;
import io.llamamesh.operator.resources.ObjectEvent;
import io.llamamesh.operator.resources.Owner;
import io.llamamesh.operator.status.AgentsReadiness;
import io.llamamesh.operator.status.Obstacle;
import io.llamamesh.operator.status.ScraperReadiness;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PodDiagnosisTest {
  private static final Owner OWNER = new Owner("net", "m", "uid");
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
  private static final String QUOTA =
      "Error creating: pods \"m-agent-x\" is forbidden: failed quota: q: must specify limits.cpu";

  private final PodDiagnosis diagnosis = new PodDiagnosis();
  private final List<String> asked = new ArrayList<>();

  /** By "kind reason". */
  private final Map<String, List<ObjectEvent>> events = new TreeMap<>();

  private final EventLog log =
      (namespace, kind, name, reason) -> {
        asked.add(kind + " " + name + " " + reason);
        return events.getOrDefault(kind + " " + reason, List.of()).stream()
            .filter(event -> name == null || event.object().equals(name))
            .toList();
      };

  @Test
  void agentsThatAreRefusedAreSoInThePlatformsWords() {
    event("DaemonSet FailedCreate", "m-agent", QUOTA, -5);

    assertThat(agents(missing("n1"), 0))
        .isNotNull()
        .satisfies(o -> assertThat(o.reason()).isEqualTo("PodsRefused"))
        .satisfies(
            o -> assertThat(o.message()).contains("spec.agent.resources").contains("limits.cpu"));
  }

  @Test
  void theNewestRefusalCounts() {
    event("DaemonSet FailedCreate", "m-agent", "Error creating: violates PodSecurity x", -600);
    event("DaemonSet FailedCreate", "m-agent", QUOTA, -5);
    event("DaemonSet FailedCreate", "m-agent", "Error creating: violates PodSecurity x", -500);

    assertThat(Objects.requireNonNull(agents(missing("n1"), 0)).message()).contains("failed quota");
  }

  @Test
  void aRefusalIsOverOnceAPodWasMade() {
    event("DaemonSet FailedCreate", "m-agent", QUOTA, -60);

    assertThat(agents(missing("n1", "n2"), 0, pod("m-agent-1", Component.AGENT, "n1", -30)))
        .isNull();
    // But one that came before, or in the same second, does not end it.
    assertThat(agents(missing("n1", "n2"), 20, pod("m-agent-1", Component.AGENT, "n1", -60)))
        .isNotNull();
  }

  @Test
  void wherePodsAreOnEachNodeNobodyWasRefused() {
    event("DaemonSet FailedCreate", "m-agent", QUOTA, -5);

    assertThat(agents(missing("n1"), 0, pod("m-agent-1", Component.AGENT, "n1", -60))).isNull();
    assertThat(asked).noneMatch(question -> question.startsWith("DaemonSet"));
    // One that has no node yet will be the missing one's.
    assertThat(agents(missing("n1"), 20, pod("m-agent-1", Component.AGENT, null, -60))).isNull();
  }

  @Test
  void aPodOnANodeThatIsNotReadyDoesNotHideThatAnotherNodesIsRefused() {
    event("DaemonSet FailedCreate", "m-agent", QUOTA, -5);

    assertThat(agents(missing("n1"), 0, pod("m-agent-2", Component.AGENT, "down", -60)))
        .isNotNull();
  }

  @Test
  void theScrapersReplicaSetIsReadWhateverItsHash() {
    event("ReplicaSet FailedCreate", "m-scraper-5d9f8c7b6", QUOTA, -5);

    assertThat(scraper(new ScraperReadiness(2, 0, null), 0))
        .isNotNull()
        .satisfies(o -> assertThat(o.reason()).isEqualTo("PodsRefused"))
        .satisfies(o -> assertThat(o.message()).contains("spec.scraper.resources"));
  }

  @Test
  void anotherMeshsReplicaSetIsNotOurs() {
    // Of a mesh that is called m-scraper.
    event("ReplicaSet FailedCreate", "m-scraper-scraper-5d9f8c7b6", QUOTA, -5);
    event("ReplicaSet FailedCreate", "other-scraper-5d9f8c7b6", QUOTA, -5);

    assertThat(scraper(new ScraperReadiness(1, 0, null), 0)).isNull();
  }

  @Test
  void oneOfTwoScrapersThatIsRefusedIsToldToo() {
    event("ReplicaSet FailedCreate", "m-scraper-5d9f8c7b6", QUOTA, -5);

    assertThat(
            scraper(
                new ScraperReadiness(2, 1, null),
                0,
                pod("m-scraper-1", Component.SCRAPER, "n1", -60)))
        .isNotNull();
  }

  @Test
  void aRolloutsFirstPodThatIsRefusedIsToldThoughAllScrapersAreReady() {
    event("ReplicaSet FailedCreate", "m-scraper-5d9f8c7b6", QUOTA, -5);
    ScraperReadiness rollingOut = new ScraperReadiness(1, 1, 1, null);
    Pod old = pod("m-scraper-1", Component.SCRAPER, "n1", -60);

    assertThat(scraper(rollingOut, 0, old))
        .isNotNull()
        .satisfies(o -> assertThat(o.reason()).isEqualTo("PodsRefused"));
    // One that was made is not refused.
    assertThat(scraper(rollingOut, 20, old, pod("m-scraper-2", Component.SCRAPER, null, -4)))
        .isNull();
  }

  @Test
  void aPodOfARolloutThatCannotPullItsImageIsToldThoughAllScrapersAreReady() {
    assertThat(
            scraper(
                new ScraperReadiness(1, 1, 1, null),
                0,
                waiting("m-scraper-2", Component.SCRAPER, "n1")))
        .isNotNull()
        .satisfies(o -> assertThat(o.reason()).isEqualTo("PullFailed"));
  }

  @Test
  void whileNothingIsMissingNothingIsAskedAndElseEveryTenSeconds() {
    refresh(new AgentsReadiness(1, 1, List.of(), "", null), new ScraperReadiness(1, 1, null), 0);
    assertThat(asked).isEmpty();

    for (int second = 10; second < 40; second++) {
      refresh(missing("n1"), new ScraperReadiness(1, 1, null), second);
    }
    assertThat(asked).containsOnly("DaemonSet m-agent FailedCreate").hasSize(3);
  }

  @Test
  void anImageThatCannotBePulledIsToldWithWhere() {
    Pod first = waiting("m-agent-1", Component.AGENT, "n1");
    Pod second = waiting("m-agent-2", Component.AGENT, "n2");

    assertThat(agents(missing("n1", "n2"), 0, first, second))
        .isNotNull()
        .satisfies(o -> assertThat(o.reason()).isEqualTo("PullFailed"))
        .satisfies(o ->
            assertThat(o.message())
                .startsWith("pod m-agent-1 on n1 (and 1 more) cannot pull its image; ")
                .contains("spec.imagePullSecrets"));
  }

  @Test
  void aPullSecretThatIsNotThereIsNamed() {
    event(
        "Pod FailedToRetrieveImagePullSecret",
        "m-scraper-1",
        "Unable to retrieve some image pull secrets (reg); attempting to pull the image may not"
            + " succeed.",
        -5);

    assertThat(
            scraper(
                new ScraperReadiness(1, 0, null),
                0,
                waiting("m-scraper-1", Component.SCRAPER, "n1")))
        .isNotNull()
        .satisfies(o -> assertThat(o.reason()).isEqualTo("PullFailed"))
        .satisfies(o -> assertThat(o.message()).contains("(reg)"));
  }

  @Test
  void aStoresSecretThatIsNotThereIsToldAsBefore() {
    event("Pod FailedMount", "m-scraper-1", "MountVolume: secret \"influx\" not found", -5);

    assertThat(
            scraper(
                new ScraperReadiness(1, 0, null),
                0,
                pod("m-scraper-1", Component.SCRAPER, "n1", -60)))
        .isEqualTo(
            new Obstacle(
                "SecretNotFound", "pod m-scraper-1: MountVolume: secret \"influx\" not found"));
  }

  private void event(String key, String object, String message, int second) {
    events
        .computeIfAbsent(key, k -> new ArrayList<>())
        .add(new ObjectEvent(object, message, NOW.plusSeconds(second)));
  }

  private @Nullable Obstacle agents(AgentsReadiness state, int second, Pod... pods) {
    refresh(state, new ScraperReadiness(1, 1, null), second, pods);
    return diagnosis.explain(OWNER, state, facts(pods)).obstacle();
  }

  private @Nullable Obstacle scraper(ScraperReadiness state, int second, Pod... pods) {
    refresh(new AgentsReadiness(1, 1, List.of(), "", null), state, second, pods);
    return diagnosis.explain(OWNER, state, facts(pods)).obstacle();
  }

  private void refresh(AgentsReadiness agents, ScraperReadiness scraper, int second, Pod... pods) {
    diagnosis.refresh(OWNER, agents, scraper, facts(pods), log, NOW.plusSeconds(second));
  }

  private static List<PodFacts> facts(Pod... pods) {
    return Stream.of(pods).map(pod -> PodFacts.of(ObjectPruner.pod(pod))).toList();
  }

  private static AgentsReadiness missing(String... nodes) {
    return new AgentsReadiness(nodes.length, 0, List.of(nodes), "", null);
  }

  private static Pod pod(String name, Component component, @Nullable String node, int second) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withLabels(Names.labels("m", component))
        .withCreationTimestamp(NOW.plusSeconds(second).toString())
        .endMetadata()
        .withNewSpec()
        .withNodeName(node)
        .endSpec()
        .build();
  }

  private static Pod waiting(String name, Component component, String node) {
    return new PodBuilder(pod(name, component, node, -60))
        .withNewStatus()
        .addNewContainerStatus()
        .withNewState()
        .withNewWaiting("Back-off pulling image \"x\": 401 Unauthorized", "ImagePullBackOff")
        .endState()
        .endContainerStatus()
        .endStatus()
        .build();
  }
}
