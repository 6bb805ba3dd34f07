package io.llamamesh.operator.status;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.Planner;
import java.util.List;

/** States of a mesh with the default spec, whose two agents and one scraper are ready. */
final class MeshStates {
  private MeshStates() {}

  /** A spec that a user writes. */
  static LlamaMeshSpec spec(String yaml) {
    return Serialization.unmarshal(yaml, LlamaMeshSpec.class);
  }

  /** One with what the tests vary. */
  static MeshState of(List<String> taken, NetworkView network) {
    MeshSettings spec = MeshSettings.defaults();
    return new MeshState(
        1,
        List.of(),
        spec,
        false,
        Planner.plan(new MeshFacts("m", spec, "http://m", List.of())),
        List.of(),
        List.of(),
        taken,
        new AgentsReadiness(2, 2, List.of(), "", null),
        new ScraperReadiness(1, 1, null),
        network);
  }
}
