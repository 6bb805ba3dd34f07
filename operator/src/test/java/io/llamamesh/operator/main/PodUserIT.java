package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static io.llamamesh.operator.main.MeshIT.condition;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.operator.resources.PodUser;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.PlatformUsers;
import io.llamamesh.testkit.junit.TestCluster;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On a platform that gives pods their user itself, pods come where they name none. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
final class PodUserIT {
  private ClusterUnderTest cluster;
  private PlatformUsers platform;

  @BeforeEach
  void start(TestCluster given) {
    platform = PlatformUsers.in(given);
    cluster = new ClusterUnderTest(given);
    cluster.nodes(1, 1);
  }

  @AfterEach
  void stop() {
    cluster.close();
    platform.close();
  }

  @Test
  void aFixedUserIsRefusedWithTheSettingThatMendsItAndWithThatThePodsCome() {
    cluster.mesh("m", "");

    LlamaMesh mesh =
        cluster.awaitMesh("m", m -> isRefused(m, "AgentsReady") && isRefused(m, "ScraperReady"));
    assertThat(condition(mesh, "AgentsReady").getMessage())
        .contains("podUser=Platform", "runAsUser must be in the range");
    assertThat(condition(mesh, "ScraperReady").getMessage()).contains("podUser=Platform");
    assertThat(pods(Component.AGENT)).isEmpty();
    assertThat(pods(Component.SCRAPER)).isEmpty();

    cluster.stopOperator();
    cluster.startOperator(PodUser.PLATFORM);

    await().until(() -> pods(Component.AGENT).size() == 1 && pods(Component.SCRAPER).size() == 1);
    assertThat(pods(Component.AGENT)).allSatisfy(PodUserIT::isConfined);
    assertThat(pods(Component.SCRAPER)).allSatisfy(PodUserIT::isConfined);
  }

  private static void isConfined(Pod pod) {
    PodSecurityContext security = pod.getSpec().getSecurityContext();
    assertThat(security.getRunAsUser()).isNull();
    assertThat(security.getRunAsGroup()).isNull();
    assertThat(security.getFsGroup()).isNull();
    assertThat(security.getRunAsNonRoot()).isTrue();
    assertThat(security.getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
  }

  private static boolean isRefused(LlamaMesh mesh, String type) {
    return "PodsRefused".equals(condition(mesh, type).getReason());
  }

  private List<Pod> pods(Component component) {
    return cluster
        .client
        .pods()
        .inNamespace(cluster.namespace)
        .withLabels(Names.selector("m", component))
        .list()
        .getItems();
  }
}
