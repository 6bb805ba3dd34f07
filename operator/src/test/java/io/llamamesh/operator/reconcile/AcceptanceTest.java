package io.llamamesh.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import io.llamamesh.operator.plan.HostPortConflicts.PortUse;
import io.llamamesh.operator.plan.MeshFacts;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AcceptanceTest {
  private final MeshMemory memory = new MeshMemory(new KeyRingCache());

  /** An operator that begins takes up all meshes at once, the younger perhaps a moment sooner. */
  @Test
  void aMeshThatIsNotJudgedYetHasItsPorts() {
    assertThat(claims(mesh(), null)).containsExactly("m");
    assertThat(claims(mesh(), memory)).containsExactly("m");

    assertThat(judge(mesh())).isEmpty();

    assertThat(claims(mesh(), memory)).containsExactly("m");
  }

  @Test
  void aMeshThatWasRefusedAndOfWhichNothingRunsHasNone() {
    LlamaMesh unreadable = mesh();
    unreadable.getMetadata().setAnnotations(Map.of(Names.UNREADABLE_ANNOTATION, "spec.agent: x"));
    assertThat(claims(unreadable, memory)).isEmpty();

    assertThat(judge(unreadable)).hasSize(1);

    assertThat(claims(unreadable, memory)).isEmpty();
  }

  private List<?> judge(LlamaMesh mesh) {
    return Acceptance.evaluate(
        mesh,
        memory,
        spec -> new MeshFacts("m", spec, "http://scraper/ingest", List.of()),
        Stream.empty(),
        () -> null,
        new SimpleMeterRegistry().timer("plans"));
  }

  private static List<String> claims(LlamaMesh mesh, @Nullable MeshMemory memory) {
    return Acceptance.portUse(mesh, memory).map(PortUse::name).toList();
  }

  private static LlamaMesh mesh() {
    LlamaMesh mesh = new LlamaMesh();
    mesh.getMetadata().setName("m");
    mesh.getMetadata().setNamespace("net");
    mesh.getMetadata().setCreationTimestamp("2026-11-30T12:00:00Z");
    return mesh;
  }
}
