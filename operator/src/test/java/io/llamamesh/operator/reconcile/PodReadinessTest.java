package io.llamamesh.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.llamamesh.crd.LlamaMeshSpec.IpFamily;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.kube.Controllers;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.operator.plan.NodeFacts;
import io.llamamesh.operator.plan.Planner;
import io.llamamesh.operator.status.Obstacle;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodReadinessTest {
  private static final Map<String, String> LINUX = Map.of("kubernetes.io/os", "linux");
  private static final NodeView NODE =
      new NodeView("n1", LINUX, "10.0.0.1", null, IpFamily.IPV4, false, true, List.of());
  private static final MeshPlan PLAN =
      Planner.plan(
          new MeshFacts(
              "m",
              MeshSettings.defaults(),
              "http://ingest",
              List.of(new NodeFacts("n1", LINUX, "10.0.0.1", null, false, null, null, List.of()))));

  @Test
  void aScraperThatFindsNoNodeIsUnschedulableInTheSchedulersWords() {
    Pod pod = unscheduled(Component.SCRAPER, "0/5 nodes are available: 5 Insufficient memory.");

    assertThat(PodReadiness.scraper(1, facts(pod)).obstacle())
        .isEqualTo(
            new Obstacle(
                "Unschedulable",
                "pod m-scraper: 0/5 nodes are available: 5 Insufficient memory."
                    + " spec.scraper.resources, nodeSelector and tolerations decide"));
  }

  @Test
  void ofAgentsThatAreMissingOneIsToldWhy() {
    Pod pod = waiting("ImagePullBackOff", "Back-off pulling image \"llama-mesh-agent:1\"");

    var agents = PodReadiness.agents(PLAN, List.of(NODE), facts(pod));

    assertThat(agents.missing()).containsExactly("n1");
    assertThat(agents.hint())
        .isEqualTo("pod m-agent: Back-off pulling image \"llama-mesh-agent:1\"");
  }

  @Test
  void anAgentOfANodeThatIsLeavingIsNotMissed() {
    NodeView leaving =
        new NodeView("n1", LINUX, "10.0.0.1", null, IpFamily.IPV4, false, true, List.of(), true);

    assertThat(PodReadiness.agents(PLAN, List.of(leaving), List.of()).missing()).isEmpty();
    // It fits the selectors all the same.
    assertThat(PodReadiness.agents(PLAN, List.of(leaving), List.of()).expected()).isEqualTo(1);
    assertThat(PodReadiness.agents(PLAN, List.of(NODE), List.of()).missing()).containsExactly("n1");
  }

  @Test
  void aReasonWithoutWordsIsAsGood() {
    assertThat(
            PodReadiness.agents(PLAN, List.of(NODE), facts(waiting("CrashLoopBackOff", null)))
                .hint())
        .isEqualTo("pod m-agent: CrashLoopBackOff");
  }

  @ParameterizedTest
  @CsvSource({
    "SCRAPER, OOMKilled, 137, spec.scraper.resources.limits.memory",
    "SCRAPER, Error, 3, spec.scraper.resources.limits.memory",
    "AGENT, OOMKilled, 137, spec.agent.resources.limits.memory",
    "AGENT, Error, 3, spec.topology.maxPeers"
  })
  void whoEndedForWantOfMemoryIsToldWhatToDo(
      Component component, String reason, int exit, String field) {
    Pod pod = ended(waiting("CrashLoopBackOff", "back-off 10s restarting"), reason, exit);
    pod.getMetadata().setLabels(Names.labels("m", component));

    assertThat(PodFacts.of(ObjectPruner.pod(pod)).trouble())
        .startsWith("pod m-agent: ended for want of memory")
        .contains(field);
  }

  @Test
  void whatItWaitsForNowIsTheTroubleNotHowItEndedBefore() {
    String secret = "secret \"influx\" not found";
    Pod pod = ended(waiting("CreateContainerConfigError", secret), "OOMKilled", 137);
    pod.getMetadata().setLabels(Names.labels("m", Component.SCRAPER));

    assertThat(PodReadiness.scraper(1, facts(pod)).obstacle())
        .isEqualTo(new Obstacle("SecretNotFound", "pod m-agent: " + secret));
    assertThat(
            facts(ended(waiting("CrashLoopBackOff", "back-off"), "Error", 1)).getFirst().trouble())
        .isEqualTo(
            "pod m-agent: its container ended with exit code 1; kubectl logs --previous tells"
                + " more");
  }

  @Test
  void whoCrashesIsToldOfByItsLastWordsAllTheTime() {
    String words = "error: UDP port 8100 is taken";
    Pod backedOff = ended(waiting("CrashLoopBackOff", "back-off 10s restarting"), "Error", 1);
    ContainerStateTerminated end =
        backedOff.getStatus().getContainerStatuses().getFirst().getLastState().getTerminated();
    end.setMessage("starting\n" + words + "\n");
    Pod ended = waiting("x", null);
    ended
        .getStatus()
        .getContainerStatuses()
        .getFirst()
        .setState(new ContainerStateBuilder().withTerminated(end).build());
    Pod runs = ended(waiting("x", null), "Error", 1);
    runs.getStatus()
        .getContainerStatuses()
        .getFirst()
        .getLastState()
        .getTerminated()
        .setMessage(end.getMessage());
    runs.getStatus()
        .getContainerStatuses()
        .getFirst()
        .setState(new ContainerStateBuilder().withNewRunning("2026-11-20T10:00:00Z").build());

    for (Pod pod : List.of(backedOff, ended, runs)) {
      assertThat(facts(pod).getFirst().trouble())
          .isEqualTo("pod m-agent: its container ended with exit code 1: starting / " + words);
    }
  }

  /** An agent at an address that its node no longer has, for one. */
  @Test
  void whoWasToldToEndDidNotCrash() {
    Pod pod = ended(waiting("CrashLoopBackOff", "back-off 10s restarting"), "Completed", 0);
    String told =
        "pod m-agent: its container was told to end, as a kubelet does with one that does not"
            + " answer its probes";

    assertThat(facts(pod).getFirst().trouble())
        .isEqualTo(told + "; kubectl describe pod tells more");

    pod.getStatus()
        .getContainerStatuses()
        .getFirst()
        .getLastState()
        .getTerminated()
        .setMessage("HOST_IPS 10.0.0.9 is on no interface of this host\n");
    assertThat(facts(pod).getFirst().trouble())
        .isEqualTo(told + ": HOST_IPS 10.0.0.9 is on no interface of this host");
  }

  private static Pod ended(Pod pod, String reason, int exit) {
    ContainerStateTerminated end = new ContainerStateTerminated();
    end.setExitCode(exit);
    end.setReason(reason);
    pod.getStatus()
        .getContainerStatuses()
        .getFirst()
        .setLastState(new ContainerStateBuilder().withTerminated(end).build());
    return pod;
  }

  @Test
  void whatEveryPodGoesThroughIsNoTrouble() {
    assertThat(
            PodReadiness.agents(PLAN, List.of(NODE), facts(waiting("ContainerCreating", null)))
                .hint())
        .isEmpty();
  }

  /** As the operator's cache keeps them. */
  private static List<PodFacts> facts(Pod pod) {
    return List.of(PodFacts.of(ObjectPruner.pod(pod)));
  }

  private static Pod unscheduled(Component component, String message) {
    return new PodBuilder()
        .withNewMetadata()
        .withName("m-" + component.label())
        .withLabels(Names.labels("m", component))
        .endMetadata()
        .withNewStatus()
        .addNewCondition()
        .withType("PodScheduled")
        .withStatus("False")
        .withReason("Unschedulable")
        .withMessage(message)
        .endCondition()
        .endStatus()
        .build();
  }

  private static Pod waiting(String reason, String message) {
    return new PodBuilder()
        .withNewMetadata()
        .withName("m-agent")
        .withLabels(Names.labels("m", Component.AGENT))
        .endMetadata()
        .withNewSpec()
        .withNodeName("n1")
        .endSpec()
        .withNewStatus()
        .addNewContainerStatus()
        .withName("agent")
        .withNewState()
        .withNewWaiting(message, reason)
        .endState()
        .endContainerStatus()
        .endStatus()
        .build();
  }

  @Test
  void aPodThatIsWatchedStillSaysWhoControlsIt() {
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName("m-agent-x")
            .addNewOwnerReference()
            .withApiVersion("apps/v1")
            .withKind("DaemonSet")
            .withName("m-agent")
            .withController(true)
            .endOwnerReference()
            .endMetadata()
            .build();

    assertThat(Controllers.isOfDaemonSet(ObjectPruner.pod(pod), "m-agent")).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "ReplicaSet, m-registry-5d4f8, true, true",
    "ReplicaSet, m-registry-5d4f8, false, false",
    "ReplicaSet, m-scraper-5d4f8, true, false",
    "ReplicaSet, m-registry-x-5d4f8, true, false",
    "StatefulSet, m-registry, true, false",
    ", , false, false"
  })
  void aRegistryThatIsAskedIsOneOfTheMeshsOwnDeployment(
      @Nullable String kind, @Nullable String owner, boolean controller, boolean asked) {
    PodBuilder pod =
        new PodBuilder()
            .withNewMetadata()
            .withName("m-registry-x")
            .withLabels(Names.labels("m", Component.REGISTRY))
            .endMetadata()
            .withNewStatus()
            .withPodIP("10.1.0.7")
            .endStatus();
    if (owner != null) {
      pod.editMetadata()
          .addNewOwnerReference()
          .withApiVersion("apps/v1")
          .withKind(kind)
          .withName(owner)
          .withController(controller)
          .endOwnerReference()
          .endMetadata();
    }

    Pod watched = ObjectPruner.pod(pod.build());

    assertThat(Watches.isPodOf("m", watched)).isEqualTo(asked);
    assertThat(PodReadiness.registries(facts(watched))).containsExactly("10.1.0.7:5001");
  }
}
