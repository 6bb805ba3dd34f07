package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.llamamesh.operator.EmbeddedOperator;
import io.llamamesh.operator.OperatorOptions;
import io.llamamesh.operator.resources.Images;
import io.llamamesh.operator.resources.PodSettings;
import io.llamamesh.operator.resources.PodUser;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two releases whose operators see the same mesh. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
final class TwoOperatorsIT {
  private static final Duration STILL = Duration.ofSeconds(15);

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private ClusterUnderTest cluster;

  @BeforeEach
  void start(TestCluster given) {
    cluster = new ClusterUnderTest(given);
    cluster.nodes(1, 2);
    cluster.mesh("m", "");
    await().until(() -> cluster.workloads() == 4);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void theLaterOneLeavesTheMeshAloneAndSaysSo() {
    try (EmbeddedOperator later = later()) {
      await().until(() -> managedByAnother() == 1);
      cluster.node(cluster.n(3), "10.1.0.3");
      await().until(() -> cluster.configMaps("m").size() == 3);
      long before = generation();
      await()
          .during(STILL)
          .atMost(STILL.multipliedBy(4))
          .until(() -> generation() == before && image().equals("agent:test"));
      assertThat(later.reconciliations()).isPositive();
      assertThat(events())
          .singleElement()
          .satisfies(event -> assertThat(event.getMessage()).contains("embedded/", "team/later"));
    }
  }

  @Test
  void itTakesOverWhatNobodyHolds() {
    cluster.stopOperator();
    try (EmbeddedOperator later = later()) {
      await().until(() -> managedByAnother() == 1);

      cluster.client.leases().inNamespace(cluster.namespace).withName("m-claim").delete();
      cluster.annotateMesh("m", "llamamesh.io/rotate", "1");

      await().until(() -> image().equals("agent:later"));
      assertThat(managedByAnother()).isZero();
      assertThat(later.isBroken()).isFalse();
    }
  }

  @Test
  void aSuccessorOfTheSameReleaseIsTheSame() {
    cluster.stopOperator();
    cluster.startOperator();
    cluster.node(cluster.n(3), "10.1.0.3");

    await().until(() -> cluster.configMaps("m").size() == 3);
    assertThat(events()).isEmpty();
  }

  private EmbeddedOperator later() {
    return EmbeddedOperator.start(
        cluster.client,
        new OperatorOptions(
            Set.of(cluster.namespace),
            new PodSettings(
                new Images("agent:later", "scraper:later", "registry:later"), PodUser.FIXED),
            "team/later"),
        meters);
  }

  private double managedByAnother() {
    return meters.get("llamamesh.operator.meshes.managed.by.another").gauge().value();
  }

  private long generation() {
    return set().getMetadata().getGeneration();
  }

  private String image() {
    return set().getSpec().getTemplate().getSpec().getContainers().getFirst().getImage();
  }

  private DaemonSet set() {
    return cluster
        .client
        .apps()
        .daemonSets()
        .inNamespace(cluster.namespace)
        .withName("m-agent")
        .get();
  }

  private List<Event> events() {
    return cluster
        .client
        .v1()
        .events()
        .inNamespace(cluster.namespace)
        .withField("reason", "ManagedByAnother")
        .list()
        .getItems();
  }
}
