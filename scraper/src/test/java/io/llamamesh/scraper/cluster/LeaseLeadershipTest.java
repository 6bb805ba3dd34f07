package io.llamamesh.scraper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.apiserver.StandInApiServer;
import io.llamamesh.scraper.testing.Meshes;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LeaseLeadershipTest {
  private static final Duration PATIENCE = Duration.ofSeconds(40);

  private final StandInApiServer api;
  private final KubernetesClient client;
  private final String uid;
  private final LeaseLeadership first;
  private final LeaseLeadership second;
  private final AtomicInteger changes = new AtomicInteger();

  LeaseLeadershipTest() throws IOException {
    api = StandInApiServer.start();
    client = api.client("scraper");
    uid = Meshes.create(client, "default", "m");
    Home home = new Home(client, "default", "m", uid);
    first = new LeaseLeadership(home, "first");
    second = new LeaseLeadership(home, "second");
  }

  @AfterEach
  void stop() {
    second.close();
    first.close();
    client.close();
    api.close();
  }

  @Test
  void oneLeadsAndTheOtherKnowsWho() {
    startBoth();

    assertThat(first.leads()).isTrue();
    assertThat(second.leads()).isFalse();
    assertThat(client.leases().inNamespace("default").withName("m-scraper").get())
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

    await().atMost(PATIENCE).until(second::leads);
  }

  @Test
  void whoLosesTheLeaseStopsLeading() {
    startBoth();

    client
        .leases()
        .inNamespace("default")
        .withName("m-scraper")
        .edit(lease -> {
          lease.getSpec().setHolderIdentity("third");
          lease.getSpec().setRenewTime(java.time.ZonedDateTime.now(java.time.ZoneOffset.UTC));
          return lease;
        });

    await().atMost(PATIENCE).until(() -> !first.leads());
    assertThat(first.leader()).isEqualTo("third");
    assertThat(changes.get()).isEqualTo(2);
  }

  @Test
  void whoCanNeitherReadNorMakeTheLeaseLeadsRatherThanNobody() {
    api.close();

    first.start(changes::incrementAndGet);

    assertThat(first.leads()).isFalse();
    await().atMost(PATIENCE).until(first::leads);
  }

  private void startBoth() {
    first.start(changes::incrementAndGet);
    await().atMost(PATIENCE).until(first::leads);
    second.start(() -> {});
    await().atMost(PATIENCE).until(() -> "first".equals(second.leader()));
  }
}
