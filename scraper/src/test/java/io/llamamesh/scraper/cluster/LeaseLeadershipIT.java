package io.llamamesh.scraper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.llamamesh.scraper.testing.Meshes;
import io.llamamesh.scraper.testing.ScraperAccount;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The Lease on a real Kubernetes API, with the rights of scrapers and no others. */
@KubernetesCluster(crds = Meshes.CRD)
final class LeaseLeadershipIT {
  private static final Duration PATIENCE = Duration.ofSeconds(40);

  private TestCluster cluster;
  private KubernetesClient client;
  private String uid;
  private LeaseLeadership first;
  private LeaseLeadership second;
  private final AtomicInteger changes = new AtomicInteger();

  @BeforeEach
  void start(TestCluster given) {
    cluster = given;
    client = given.client();
    uid = Meshes.create(client, given.namespace(), "m");
    MeshOwner home = new MeshOwner(ScraperAccount.client(given), given.namespace(), "m", uid);
    first = new LeaseLeadership(home, "first");
    second = new LeaseLeadership(home, "second");
  }

  @AfterEach
  void stop() {
    second.close();
    first.close();
    assertThat(cluster.rights(ScraperAccount.NAME).refused()).isEmpty();
  }

  @Test
  void oneLeadsAndTheOtherKnowsWho() {
    startBoth();

    assertThat(first.isLeader()).isTrue();
    assertThat(second.isLeader()).isFalse();
    assertThat(client.leases().withName("m-scraper").get())
        .satisfies(
            lease -> assertThat(lease.getSpec().getHolderIdentity()).isEqualTo("first"),
            lease ->
                assertThat(lease.getMetadata().getOwnerReferences())
                    .singleElement()
                    .satisfies(owner -> assertThat(owner.getUid()).isEqualTo(uid)));
  }

  @Test
  void whoStopsLetsTheOtherLeadAtOnce() {
    startBoth();

    first.close();

    await().atMost(PATIENCE).until(second::isLeader);
  }

  @Test
  void whoLosesTheLeaseStopsLeading() {
    startBoth();

    TestCluster.retryOnConflict(() ->
        client
            .leases()
            .withName("m-scraper")
            .edit(lease -> {
              lease.getSpec().setHolderIdentity("third");
              lease.getSpec().setRenewTime(java.time.ZonedDateTime.now(java.time.ZoneOffset.UTC));
              return lease;
            }));

    await().atMost(PATIENCE).until(() -> !first.isLeader());
    assertThat(first.leader()).isEqualTo("third");
    assertThat(changes.get()).isEqualTo(2);
  }

  @Test
  void aStrangersLeaseStaysAsItIsAndBothLeadUntilItIsGone() {
    Lease theirs =
        client
            .resource(
                new LeaseBuilder()
                    .withNewMetadata()
                    .withName("m-scraper")
                    .endMetadata()
                    .withNewSpec()
                    .withHolderIdentity("theirs")
                    .withLeaseDurationSeconds(1)
                    .endSpec()
                    .build())
            .create();

    first.start(changes::incrementAndGet);
    second.start(() -> {});

    await().atMost(PATIENCE).until(() -> first.isLeader() && second.isLeader());
    Resource<Lease> lease = client.leases().withName("m-scraper");
    assertThat(lease.get().getMetadata().getResourceVersion())
        .isEqualTo(theirs.getMetadata().getResourceVersion());

    lease.delete();

    await().atMost(PATIENCE).until(() -> first.isLeader() != second.isLeader());
    assertThat(lease.get().getMetadata().getOwnerReferences()).hasSize(1);
  }

  private void startBoth() {
    first.start(changes::incrementAndGet);
    await().atMost(PATIENCE).until(first::isLeader);
    second.start(() -> {});
    await().atMost(PATIENCE).until(() -> "first".equals(second.leader()));
  }
}
