package io.llamamesh.operator.reconcile;

import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.Names;
import io.llamamesh.operator.plan.HostPortConflicts;
import io.llamamesh.operator.plan.HostPortConflicts.PortUse;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.SizeCheck;
import io.llamamesh.operator.plan.SpecCheck;
import io.llamamesh.operator.plan.SpecRefusal;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Acceptance of specs. In force is the one it has, or where that is refused the last that was
 * accepted, so that what runs goes on.
 */
final class Acceptance {
  private Acceptance() {}

  /**
   * The refusals of a mesh's spec; one without any is remembered.
   *
   * @param facts the facts with given settings in force
   * @param saved the accepted spec that an earlier operator left
   * @param plans takes the time of plans
   */
  static List<SpecRefusal> evaluate(
      LlamaMesh mesh,
      MeshMemory memory,
      Function<MeshSettings, MeshFacts> facts,
      Stream<PortUse> others,
      Supplier<@Nullable LlamaMeshSpec> saved,
      Timer plans) {
    List<SpecRefusal> refusals = new ArrayList<>(unreadable(mesh));
    if (refusals.isEmpty()) {
      refusals.addAll(SpecCheck.check(mesh.getSpec()));
    }
    AcceptedSpec next = null;
    if (refusals.isEmpty()) {
      next = AcceptedSpec.of(mesh.getSpec());
      MeshFacts here = facts.apply(next.settings());
      refusals.addAll(SizeCheck.check(here));
      refusals.addAll(
          HostPortConflicts.find(portUse(mesh, next.settings()), others.toList(), here.nodes()));
      if (refusals.isEmpty()) {
        refusals.addAll(memory.tooLarge(here, plans));
      }
    }
    if (refusals.isEmpty()) {
      memory.accepted = next;
    } else if (memory.accepted == null) {
      LlamaMeshSpec earlier = saved.get();
      if (earlier != null && SpecCheck.check(earlier).isEmpty()) {
        memory.accepted = AcceptedSpec.of(earlier);
      }
    }
    memory.isEvaluated = true;
    return refusals;
  }

  /**
   * The ports of a mesh; empty where no spec of it can be in force. One that is not evaluated yet,
   * as when an operator begins with all of them at once, uses what it says: else a younger one
   * would be let onto its ports, and what once was accepted stays.
   */
  static Stream<PortUse> portUse(LlamaMesh mesh, @Nullable MeshMemory memory) {
    MeshMemory evaluated = memory == null || !memory.isEvaluated ? null : memory;
    if (evaluated != null) {
      return Stream.ofNullable(evaluated.accepted).map(spec -> portUse(mesh, spec.settings()));
    }
    return unreadable(mesh).isEmpty() && SpecCheck.check(mesh.getSpec()).isEmpty()
        ? Stream.of(portUse(mesh, MeshSettings.of(mesh.getSpec())))
        : Stream.empty();
  }

  /** Fields that the API server let through, or an older one did, and that no spec can have. */
  private static List<SpecRefusal> unreadable(LlamaMesh mesh) {
    Map<String, String> annotations = mesh.getMetadata().getAnnotations();
    String fields = annotations == null ? null : annotations.get(Names.UNREADABLE_ANNOTATION);
    return fields == null
        ? List.of()
        : fields
            .lines()
            .filter(line -> line.startsWith("spec"))
            .map(line -> SpecRefusal.invalid(line + "; correct or remove the field"))
            .toList();
  }

  private static PortUse portUse(LlamaMesh mesh, MeshSettings settings) {
    return new PortUse(
        mesh.getMetadata().getNamespace(),
        mesh.getMetadata().getName(),
        String.valueOf(mesh.getMetadata().getCreationTimestamp()),
        settings);
  }
}
