package io.llamamesh.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.crd.MeshSettings;
import org.junit.jupiter.api.Test;

final class SizeCheckTest {
  private static final MeshSettings FULL = Cluster.spec("topology: {mode: FullMesh}");

  @Test
  void aFullMeshOf256NodesIsFine() {
    assertThat(SizeCheck.check(facts(FULL, 256))).isEmpty();
    assertThat(Cluster.peers(Planner.plan(facts(FULL, 256)), "node-1")).hasSize(255);
  }

  @Test
  void aLargerOneIsRefusedWithTheRemedy() {
    assertThat(SizeCheck.check(facts(FULL, 257)))
        .singleElement()
        .satisfies(r ->
            assertThat(r.message())
                .contains("spec.topology.mode", "group 'default' selects 257", "Auto"));
  }

  @Test
  void oneThatOutgrewItsLimitGoesOnSparse() {
    assertThat(Cluster.peers(Planner.plan(facts(FULL, 257)), "node-1")).hasSizeLessThan(100);
  }

  @Test
  void anAutomaticOneIsNeverTooLarge() {
    assertThat(SizeCheck.check(facts(Cluster.spec(""), 2_000))).isEmpty();
  }

  @Test
  void aConfigThatNoConfigMapHoldsIsRefusedWithTheRemedy() {
    StringBuilder tags = new StringBuilder();
    for (int i = 0; i < 30; i++) {
      tags.append("t").append(i).append(": ").append("x".repeat(500)).append(", ");
    }
    MeshSettings spec =
        Cluster.spec("{topology: {mode: FullMesh}, groups: [{name: all, tags: {" + tags + "}}]}");

    assertThat(SizeCheck.check(Planner.plan(facts(spec, 20)))).isEmpty();
    assertThat(SizeCheck.check(Planner.plan(facts(spec, 90))))
        .singleElement()
        .satisfies(r ->
            assertThat(r.message())
                .contains("spec.groups", "node-1", "targets", "a ConfigMap holds", "tags"));
  }

  private static MeshFacts facts(MeshSettings spec, int nodes) {
    return new MeshFacts("default", spec, Cluster.INGEST, Cluster.nodes(nodes));
  }
}
