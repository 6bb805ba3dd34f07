package io.llamamesh.scraper.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AgentPodsTest {
  @Test
  void anAgentIsAtAllAddressesOfItsHostAndThePortNamedApi() {
    assertThat(AgentPods.agents(List.of(pod("a", "node-1", "Running", "10.0.0.1", "fd00::1"))))
        .containsExactly(
            new AgentEndpoint(
                "node-1", List.of(new HostPort("10.0.0.1", 9100), new HostPort("fd00::1", 9100))));
  }

  @Test
  void aPodThatIsNotReadyIsReadAndOneThatEndedIsNot() {
    assertThat(
            AgentPods.agents(
                List.of(
                    pod("a", "node-1", "Pending", "10.0.0.1"),
                    pod("b", "node-2", "Failed", "10.0.0.2"),
                    pod("c", "node-3", "Succeeded", "10.0.0.3"))))
        .extracting(AgentEndpoint::name)
        .containsExactly("node-1");
  }

  @Test
  void ofTwoPodsOnANodeTheOneThatStaysIsRead() {
    Pod going =
        new PodBuilder(pod("a", "node-1", "Running", "10.0.0.1"))
            .editMetadata()
            .withDeletionTimestamp("2026-11-20T09:00:00Z")
            .withCreationTimestamp("2026-11-20T09:00:00Z")
            .endMetadata()
            .build();
    Pod coming = pod("b", "node-1", "Running", "10.0.0.9");

    assertThat(AgentPods.agents(List.of(going, coming)))
        .extracting(agent -> agent.addresses().getFirst().host())
        .containsExactly("10.0.0.9");
    assertThat(AgentPods.agents(List.of(going))).hasSize(1);
  }

  @Test
  void aPodWithoutANodeOrAnAddressIsNotYetAnAgent() {
    Pod unscheduled = pod("a", "node-1", "Pending", "10.0.0.1");
    unscheduled.getSpec().setNodeName(null);

    assertThat(AgentPods.agents(List.of(unscheduled, pod("b", "node-2", "Pending")))).isEmpty();
  }

  @Test
  void aPodThatTheMeshsDaemonSetDoesNotControlTakesNoNodesPlace() {
    Pod real = controlled(pod("a", "node-3", "Running", "10.0.0.3"), "DaemonSet", "m-agent", true);
    Pod forged = pod("z", "node-3", "Running", "10.0.0.66");
    Pod owned =
        controlled(pod("y", "node-4", "Running", "10.0.0.4"), "DaemonSet", "m-agent", false);
    Pod others =
        controlled(pod("x", "node-5", "Running", "10.0.0.5"), "DaemonSet", "n-agent", true);
    Pod replica =
        controlled(pod("w", "node-6", "Running", "10.0.0.6"), "ReplicaSet", "m-agent", true);
    forged.getMetadata().setCreationTimestamp("2026-11-20T10:00:00Z");

    assertThat(AgentPods.agents(List.of(real, forged, owned, others, replica), "m", 9100))
        .containsExactly(
            new AgentEndpoint(
                "node-3", List.of(new HostPort("10.0.0.3", 9100)), AgentEndpoint.Trust.NODE));
  }

  @Test
  void thePortIsTheSpecsWhateverAPodSays() {
    Pod pod = controlled(pod("a", "node-1", "Running", "10.0.0.1"), "DaemonSet", "m-agent", true);

    assertThat(AgentPods.agents(List.of(pod), "m", 8100).getFirst().addresses())
        .containsExactly(new HostPort("10.0.0.1", 8100));
  }

  private static Pod controlled(Pod pod, String kind, String owner, boolean controller) {
    return new PodBuilder(pod)
        .editMetadata()
        .addNewOwnerReference()
        .withApiVersion("apps/v1")
        .withKind(kind)
        .withName(owner)
        .withUid("uid")
        .withController(controller)
        .endOwnerReference()
        .endMetadata()
        .build();
  }

  static Pod pod(String name, String node, String phase, String... hosts) {
    var status = new PodBuilder().withNewStatus().withPhase(phase);
    for (String host : hosts) {
      status = status.addNewHostIP(host);
    }
    return status
        .endStatus()
        .withNewMetadata()
        .withName(name)
        .endMetadata()
        .withNewSpec()
        .withNodeName(node)
        .addNewContainer()
        .withName("agent")
        .addNewPort()
        .withName("probe")
        .withContainerPort(8100)
        .endPort()
        .addNewPort()
        .withName("api")
        .withContainerPort(9100)
        .endPort()
        .endContainer()
        .endSpec()
        .build();
  }
}
