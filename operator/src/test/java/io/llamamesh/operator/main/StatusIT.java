package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.MeshIT.condition;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.LlamaMeshStatus.SuspectStatus;
import io.llamamesh.crd.LlamaMeshStatus.WorstPair;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the scraper tells becomes the status. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
final class StatusIT {
  private ClusterUnderTest cluster;
  private FakeScraper scraper;

  @BeforeEach
  void start(TestCluster given) {
    cluster = new ClusterUnderTest(given);
    scraper = new FakeScraper();
    cluster.nodes(1, 2);
  }

  @AfterEach
  void stop() {
    cluster.close();
    scraper.close();
  }

  @Test
  void aHealthyMeshIsReadyAndHasNumbersAtOnce() {
    cluster.mesh("m", STORE);
    up();

    LlamaMesh mesh = cluster.awaitMesh("m", m -> is(m, "Ready", "True"));

    assertThat(condition(mesh, "NetworkHealthy").getReason()).isEqualTo("Healthy");
    assertThat(condition(mesh, "StoreReachable").getReason()).isEqualTo("Acknowledged");
    assertThat(mesh.getStatus().agentsReporting()).isEqualTo(2);
    assertThat(mesh.getStatus().pairs()).isEqualTo(2);
    assertThat(mesh.getStatus().lossPercent()).isEqualTo("0");
    assertThat(mesh.getStatus().rttP99()).isEqualTo("410us");
    assertThat(mesh.getStatus().worstPairs()).isEmpty();
  }

  @Test
  void aLossyNodeIsNamed() {
    cluster.mesh("m", STORE);
    up();
    cluster.awaitMesh("m", m -> is(m, "NetworkHealthy", "True"));

    scraper.report = FakeScraper.nodeLoss();

    LlamaMesh mesh = cluster.awaitMesh("m", m -> is(m, "NetworkHealthy", "False"));
    assertThat(condition(mesh, "NetworkHealthy").getReason()).isEqualTo("NodeLoss");
    assertThat(condition(mesh, "StoreReachable").getMessage()).isEqualTo("connection refused");
    assertThat(mesh.getStatus().lossPercent()).isEqualTo("10.23");
    assertThat(mesh.getStatus().worstPairs())
        .containsExactly(
            new WorstPair(
                "node-1>node-2", "node-1", "node-2", "default", "20.42", "12ms", "PairLoss"));
    assertThat(mesh.getStatus().suspects())
        .containsExactly(new SuspectStatus("Node", "node-1", "Egress", 1, 1, "20.42"));
  }

  @Test
  void theTimeOfTheStatusMovesWhileAScraperAnswersAndStandsStillElse() {
    cluster.mesh("m", STORE);
    up();
    String first =
        cluster.awaitMesh("m", m -> is(m, "NetworkHealthy", "True")).getStatus().observedAt();

    String second =
        cluster
            .awaitMesh("m", m -> !m.getStatus().observedAt().equals(first))
            .getStatus()
            .observedAt();
    assertThat(Duration.between(Instant.parse(first), Instant.parse(second)))
        .isLessThan(Duration.ofSeconds(20));
    cluster.deletePod("m-scraper-0");

    LlamaMesh mesh = cluster.awaitMesh("m", m -> is(m, "NetworkHealthy", "Unknown"));
    assertThat(mesh.getStatus().observedAt()).isNotNull();
    assertThat(mesh.getStatus().lossPercent()).isEqualTo("0");
  }

  @Test
  void whileTheNetworkIsUnhealthyTheNumbersFollow() {
    cluster.mesh("m", "collector: {interval: 5s}\n" + STORE);
    up();
    scraper.report = FakeScraper.nodeLoss();
    cluster.awaitMesh("m", m -> "10.23".equals(m.getStatus().lossPercent()));

    for (String loss : List.of("33.1", "7.5")) {
      scraper.report = FakeScraper.nodeLoss(Double.parseDouble(loss));

      LlamaMesh mesh = cluster.awaitMesh("m", m -> loss.equals(m.getStatus().lossPercent()));
      assertThat(condition(mesh, "NetworkHealthy").getMessage()).contains(loss);
    }
  }

  @Test
  void withoutAScraperTheNetworkIsUnknownAndTheStoreToo() {
    cluster.mesh("m", STORE);
    up();
    cluster.awaitMesh("m", m -> is(m, "NetworkHealthy", "True"));

    cluster.deletePod("m-scraper-0");

    LlamaMesh mesh = cluster.awaitMesh("m", m -> is(m, "NetworkHealthy", "Unknown"));
    assertThat(condition(mesh, "NetworkHealthy").getReason()).isEqualTo("ScraperNotReady");
    cluster.awaitMesh("m", m -> is(m, "ScraperReady", "False"));
  }

  @Test
  void aMeshWithoutAStoreIsReady() {
    cluster.mesh("m", "");
    up();

    LlamaMesh mesh = cluster.awaitMesh("m", m -> is(m, "Ready", "True"));

    assertThat(condition(mesh, "StoreReachable").getReason()).isEqualTo("NotConfigured");
  }

  @Test
  void ofTwoScrapersTheOneThatHoldsTheLeaseIsBelieved() {
    cluster.mesh("m", STORE.replace("scraper:", "scraper:\n  replicas: 2"));
    up();
    try (FakeScraper second = new FakeScraper()) {
      second.report = FakeScraper.nodeLoss();
      cluster.scraperReady("m", second.port());
      cluster.awaitMesh("m", m -> is(m, "StoreReachable", "True"));

      lease("m-scraper-1");

      cluster.awaitMesh("m", m -> is(m, "StoreReachable", "False"));
      cluster.deletePod("m-scraper-1");
      cluster.awaitMesh("m", m -> is(m, "StoreReachable", "True"));
    }
  }

  @Test
  void aSecretThatIsNotThereIsNamed() {
    cluster.mesh("m", STORE);
    cluster.scraperPending("m");
    event("Pod", "m-scraper-0", "MountVolume.SetUp failed: secret \"influx\" not found");

    LlamaMesh mesh =
        cluster.awaitMesh(
            "m", m -> "SecretNotFound".equals(condition(m, "ScraperReady").getReason()));
    assertThat(condition(mesh, "ScraperReady").getMessage())
        .contains("secret \"influx\" not found");
    assertThat(condition(mesh, "Accepted").getStatus()).isEqualTo("True");
    assertThat(cluster.configMaps("m")).hasSize(2);
  }

  private void lease(String holder) {
    cluster
        .client
        .resource(
            new LeaseBuilder()
                .withNewMetadata()
                .withName("m-scraper")
                .withNamespace(cluster.namespace)
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity(holder)
                .withLeaseDurationSeconds(15)
                .endSpec()
                .build())
        .create();
  }

  private void event(String kind, String name, String message) {
    cluster
        .client
        .resource(
            new EventBuilder()
                .withNewMetadata()
                .withName("made-by-test")
                .withNamespace(cluster.namespace)
                .endMetadata()
                .withNewInvolvedObject()
                .withKind(kind)
                .withName(name)
                .withNamespace(cluster.namespace)
                .endInvolvedObject()
                .withType("Warning")
                .withReason("FailedMount")
                .withMessage(message)
                .build())
        .create();
  }

  private void up() {
    cluster.agentReady("m", cluster.n(1));
    cluster.agentReady("m", cluster.n(2));
    cluster.scraperReady("m", scraper.port());
  }

  private static boolean is(LlamaMesh mesh, String type, String status) {
    return status.equals(condition(mesh, type).getStatus());
  }

  private static final String STORE =
      """
      scraper:
        influxdb:
          url: http://influxdb.monitoring:8086
          v2: {org: net, bucket: llama, tokenSecret: {name: influx, key: token}}
      """;
}
