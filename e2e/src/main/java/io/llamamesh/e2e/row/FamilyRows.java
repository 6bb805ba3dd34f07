package io.llamamesh.e2e.row;

import io.llamamesh.e2e.cluster.IpFamily;
import java.time.Duration;
import java.time.Instant;

/** Clusters of another family. */
final class FamilyRows {
  private static final Duration HEALTHY_WITHIN = Duration.ofMinutes(2);

  private FamilyRows() {}

  static Row ipv6() {
    return new Row(
        "ipv6",
        "nodes with IPv6 only: full matrix with spec {}",
        false,
        false,
        IpFamily.IPV6,
        (stage, figures) -> {
          Instant began = Instant.now();
          stage.install();
          stage.mesh().apply("{}");
          stage.awaitFullMatrix(began, HEALTHY_WITHIN);
          figures.note("full matrix after", Duration.between(began, Instant.now()));
          stage.awaitHealthy(HEALTHY_WITHIN);
          figures.note("Healthy after", Duration.between(began, Instant.now()));
        });
  }
}
