package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.llamamesh.crd.Names;
import io.llamamesh.operator.EmbeddedOperator;
import io.llamamesh.operator.run.OperatorRunner;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Many nodes at once, and an operator that dies among them. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
@ResourceLock(KubernetesCluster.WHOLE)
final class ScaleIT {
  private ClusterUnderTest cluster;

  @BeforeEach
  void start(TestCluster given) {
    cluster = new ClusterUnderTest(given);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void anOperatorThatDiesInTheMiddleOf200ConfigsIsFollowedByOneThatFinishes() {
    cluster.nodes(1, 200);
    cluster.mesh("m", "");
    await().pollInterval(Duration.ofMillis(5)).until(() -> cluster.configMaps("m").size() > 10);

    cluster.killOperator();
    cluster.startOperator();

    await().until(() -> cluster.configMaps("m").size() == 200);
    assertThat(nodes()).containsExactlyInAnyOrderElementsOf(names(1, 200));
  }

  @Test
  void aBurstOfNodesIsPlannedTogetherAndEachIsWrittenOnce() {
    cluster.nodes(1, 2);
    cluster.mesh("m", "");
    await().until(() -> cluster.configMaps("m").size() == 2);
    cluster.awaitMesh("m", m -> m.getStatus().isObserved());
    long looks = cluster.operator().reconciliations();
    long writes = configWrites();
    long started = System.nanoTime();

    cluster.nodes(3, 102);

    await().until(() -> cluster.configMaps("m").size() == 102);
    long seconds = Duration.ofNanos(System.nanoTime() - started).toSeconds();
    assertThat(cluster.operator().reconciliations() - looks).isLessThanOrEqualTo(seconds + 2);
    assertThat(configWrites() - writes).isEqualTo(100);
  }

  @Test
  void anOperatorThatStopsInTheMiddleOfALookRemovesNothing() {
    cluster.nodes(1, 50);
    cluster.mesh("m", "");
    await().until(() -> cluster.configMaps("m").size() == 50);

    for (int i = 1; i <= 5; i++) {
      cluster.labelNode(cluster.n(1), "touched", "at-" + i);
      cluster.stopOperator();
      cluster.startOperator();
      await().until(() -> cluster.operator().reconciliations() > 0);
    }

    assertThat(cluster.operatorRights())
        .contains("create configmaps")
        .doesNotContain("delete configmaps");
  }

  @Test
  void ofTwoOperatorsOneWorksAndTheOtherTakesOverWhenItStops() {
    cluster.nodes(1, 1);
    cluster.stopOperator();
    OperatorRunner first = cluster.candidate("first");
    cluster.mesh("m", "");
    await().until(() -> looks(first) > 0);
    try (OperatorRunner second = cluster.candidate("second")) {
      cluster.labelNode(cluster.n(1), "touched", "yes");
      long before = looks(first);
      await().until(() -> looks(first) > before);
      assertThat(looks(second)).isZero();

      first.close();

      await().until(() -> looks(second) > 0);
    }
  }

  private static long looks(OperatorRunner runner) {
    EmbeddedOperator operator = runner.operator();
    return operator == null ? 0 : operator.reconciliations();
  }

  private long configWrites() {
    return cluster.operatorWrites().entrySet().stream()
        .filter(e -> e.getKey().endsWith(" configmaps"))
        .mapToLong(java.util.Map.Entry::getValue)
        .sum();
  }

  private List<String> nodes() {
    return cluster.configMaps("m").stream()
        .map(ConfigMap::getMetadata)
        .map(m -> m.getAnnotations().get(Names.NODE_ANNOTATION))
        .toList();
  }

  private List<String> names(int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(cluster::n).toList();
  }
}
