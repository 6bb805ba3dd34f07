package io.llamamesh.operator.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.crd.Names;
import io.llamamesh.operator.resources.ClaimLeases;
import org.junit.jupiter.api.Test;

final class LeaseNamesTest {
  @Test
  void noMeshWhateverItsNameHasItsClaimInAnotherLeaseOfOurs() {
    String suffix = ClaimLeases.name("");

    assertThat(LeaderElection.LEASE).doesNotEndWith(suffix);
    assertThat(Names.scraper("m")).doesNotEndWith(suffix);
  }
}
