package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static io.llamamesh.operator.main.MeshIT.condition;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Quantity;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * A new template of the scraper, as the real Deployment controller rolls it out: the scraper of the
 * old one stays ready all the while.
 */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
@Order(1)
final class ScraperRolloutIT {
  private static final String OLD = "scraper: {resources: {requests: {cpu: 20m}}}";
  private static final String NEW = "scraper: {resources: {requests: {cpu: 21m}}}";
  private static final String NOWHERE = "scraper: {nodeSelector: {no: where}}";

  /** Longer than a rollout may stand still without a condition. */
  private static final Duration LONG = Duration.ofMinutes(2);

  private ClusterUnderTest cluster;

  @BeforeEach
  void start(TestCluster given) {
    cluster = new ClusterUnderTest(given);
    cluster.nodes(1, 1);
    cluster.mesh("m", OLD);
    cluster.agentReady("m", cluster.n(1));
    cluster.deployedScraperReady("m");
    cluster.awaitMesh("m", m -> "AllReady".equals(condition(m, "ScraperReady").getReason()));
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void oneWhosePodTheQuotaRefusesIsStuckUntilItIsTakenBack() {
    cluster.quota("q", Map.of("limits.cpu", new Quantity("4")));

    cluster.mesh("m", NEW);

    assertThat(awaitStuck())
        .satisfies(c -> assertThat(c.getReason()).isEqualTo("PodsRefused"))
        .satisfies(c ->
            assertThat(c.getMessage())
                .startsWith("1 of 1 scrapers runs an older template and goes on; ")
                .contains("spec.scraper.resources", "must specify limits.cpu"));
    assertThat(condition(cluster.mesh("m"), "Ready").getMessage()).startsWith("ScraperReady: 1 of");

    cluster.mesh("m", OLD);

    cluster.awaitMesh("m", m -> "AllReady".equals(condition(m, "ScraperReady").getReason()));
  }

  @Test
  void oneWhosePodFindsNoNodeIsStuckInTheSchedulersWords() {
    cluster.mesh("m", NOWHERE);

    assertThat(awaitStuck())
        .satisfies(c -> assertThat(c.getReason()).isEqualTo("Unschedulable"))
        .satisfies(c ->
            assertThat(c.getMessage())
                .startsWith("1 of 1 scrapers runs an older template and goes on; ")
                .contains("node affinity/selector", "spec.scraper.resources, nodeSelector"));
  }

  @Test
  void oneThatGoesWellIsReadyAllTheWhileAndSaysThatItRollsOut() {
    Set<String> seen = new ConcurrentSkipListSet<>();
    cluster.mesh("m", NEW);
    // A test beside this one that takes the monitors' CRDs away holds the operator up for a while.
    await().atMost(LONG).until(() -> observe(seen).contains("True RollingOut"));
    cluster.deployedScraperReady("m");

    await().until(() -> observe(seen).equals("True AllReady"));

    assertThat(seen).isSubsetOf(List.of("True AllReady", "True RollingOut"));
  }

  private String observe(Set<String> seen) {
    Condition now = condition(cluster.mesh("m"), "ScraperReady");
    String words = now.getStatus() + " " + now.getReason();
    seen.add(words);
    return words;
  }

  private Condition awaitStuck() {
    return await()
        .atMost(LONG)
        .until(
            () -> condition(cluster.mesh("m"), "ScraperReady"),
            condition -> condition.getStatus().equals("False"));
  }
}
