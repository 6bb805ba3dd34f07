package io.llamamesh.local.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.LlamaMeshSpec;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterDnsTest {
  @TempDir Path folder;

  @Test
  void aServiceHasTheAddressOfItsReadyPodsOnly() throws Exception {
    ClusterDns dns = new ClusterDns(folder);
    Service service =
        new ServiceBuilder()
            .withNewMetadata()
            .withName("m-scraper-ingest")
            .withNamespace("ns")
            .endMetadata()
            .withNewSpec()
            .withSelector(Map.of("part", "scraper"))
            .endSpec()
            .build();

    dns.update(
        List.of(service),
        List.of(
            pod("scraper", "127.0.2.1", true),
            pod("scraper", "127.0.2.2", false),
            pod("x", "127.0.2.3", true)),
        List.of());

    assertThat(Files.readAllLines(folder.resolve("hosts")))
        .containsExactly("127.0.0.1 localhost", "127.0.2.1 m-scraper-ingest.ns.svc");
  }

  @Test
  void namesOfTargetsOutsideAreFoundTooOnceTheyAreLookedUp() throws Exception {
    String self = InetAddress.getLocalHost().getHostName();
    Assumptions.assumeTrue(self.chars().anyMatch(Character::isLetter), "this machine has no name");
    ClusterDns dns = new ClusterDns(folder);
    LlamaMesh mesh = new LlamaMesh();
    mesh.setSpec(
        new KubernetesSerialization()
            .unmarshal(
                "groups: [{name: a, targets: [{name: x, host: "
                    + self
                    + "}, {name: y, host: 203.0.113.9}]}]",
                LlamaMeshSpec.class));

    await()
        .untilAsserted(() -> {
          dns.update(List.of(), List.of(), List.of(mesh));
          assertThat(Files.readString(folder.resolve("hosts")))
              .contains(" " + self + "\n")
              .doesNotContain("203.0.113.9");
        });
  }

  private static Pod pod(String part, String ip, boolean ready) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(ip)
        .withNamespace("ns")
        .addToLabels("part", part)
        .endMetadata()
        .withNewStatus()
        .withPodIP(ip)
        .addNewCondition()
        .withType("Ready")
        .withStatus(ready ? "True" : "False")
        .endCondition()
        .endStatus()
        .build();
  }
}
