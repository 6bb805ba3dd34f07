package io.llamamesh.local.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HostIP;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.net.InetAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class RunningPodTest {
  private static final InetAddress OWN = InetAddress.ofLiteral("127.0.1.11");
  private static final InetAddress PUBLISHED = InetAddress.ofLiteral("127.0.0.11");

  /** Else the operator replaces the agent for ever, as one whose node has got another address. */
  @Test
  void anAgentBehindARelayHasItsNodesAddressTooAndIsBoundToItsOwn() {
    PodStatus status = status(PUBLISHED);

    assertThat(status.getPodIPs())
        .extracting(PodIP::getIp)
        .containsExactly("127.0.1.11", "127.0.0.11");
    assertThat(status.getHostIPs()).extracting(HostIP::getIp).containsExactly("127.0.1.11");
  }

  @Test
  void withoutARelayThereIsOneAddress() {
    assertThat(status(OWN).getPodIPs()).extracting(PodIP::getIp).containsExactly("127.0.1.11");
  }

  private static PodStatus status(InetAddress published) {
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName("local-agent-node-1")
            .withNamespace("llama-mesh")
            .withUid("1")
            .endMetadata()
            .withNewSpec()
            .withNodeName("node-1")
            .addNewContainer()
            .withName("agent")
            .withImage("agent")
            .endContainer()
            .endSpec()
            .build();
    return new RunningPod(pod, OWN, published, Path.of("folder"), Path.of("log"))
        .withStatus()
        .getStatus();
  }
}
