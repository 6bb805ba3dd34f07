package io.llamamesh.operator.reconcile;

import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.operator.plan.Planner;
import io.llamamesh.operator.status.StatusWriter;
import org.jspecify.annotations.Nullable;

/**
 * What the operator remembers of a mesh between two looks at it; all of it can be had again. Used
 * by one reconcile at a time.
 */
final class MeshMemory {
  final StatusWriter status = new StatusWriter();

  /** The last spec that was accepted, with every default; null: none yet. */
  @Nullable LlamaMeshSpec accepted;

  private @Nullable MeshFacts facts;
  private @Nullable MeshPlan plan;

  /** The plan for these facts, made anew only when they changed. */
  MeshPlan plan(MeshFacts next) {
    MeshPlan known = plan;
    if (known != null && next.equals(facts)) {
      return known;
    }
    MeshPlan made = Planner.plan(next);
    facts = next;
    plan = made;
    return made;
  }
}
