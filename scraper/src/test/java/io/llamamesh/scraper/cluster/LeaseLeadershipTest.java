package io.llamamesh.scraper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.llamamesh.scraper.stores.ServerProcess;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A scraper that cannot reach the API; {@link LeaseLeadershipIT} has the rest. */
final class LeaseLeadershipTest {
  private static final Duration PATIENCE = Duration.ofSeconds(40);

  @Test
  void whoCanNeitherReadNorMakeTheLeaseLeadsRatherThanNobody() throws IOException {
    String nobody = "http://127.0.0.1:" + ServerProcess.freePort();
    try (KubernetesClient client =
            new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder().withMasterUrl(nobody).build())
                .build();
        LeaseLeadership leadership =
            new LeaseLeadership(new MeshOwner(client, "default", "m", "uid"), "first")) {
      leadership.start(() -> {});

      assertThat(leadership.isLeader()).isFalse();
      await().atMost(PATIENCE).until(leadership::isLeader);
    }
  }
}
