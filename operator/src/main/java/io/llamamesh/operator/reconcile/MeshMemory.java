package io.llamamesh.operator.reconcile;

import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.operator.plan.Planner;
import io.llamamesh.operator.plan.Refusal;
import io.llamamesh.operator.plan.SizeCheck;
import io.llamamesh.operator.status.Announcer;
import io.llamamesh.operator.status.StatusThrottle;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the operator remembers of a mesh between two looks at it; all of it can be had again. Used
 * by one reconcile at a time, but for {@link #accepted} and {@link #isJudged}, which those of other
 * meshes read.
 */
final class MeshMemory {
  final StatusThrottle status = new StatusThrottle();
  final Announcer announcer = new Announcer();
  final Authentication authentication;
  final Monitoring monitoring = new Monitoring();
  final Renderings renderings = new Renderings();
  final PodDiagnosis diagnosis = new PodDiagnosis();
  final Departures departures = new Departures();
  final AgentReplacement replacement = new AgentReplacement();
  final JoinAdmission joins = new JoinAdmission();

  /** The last spec that was accepted, as it was written; null: none yet. */
  volatile @Nullable LlamaMeshSpec accepted;

  /** Whether it has been found out what is accepted; set after that. */
  volatile boolean isJudged;

  /** Objects that were somebody else's when it was last written. */
  List<String> taken = List.of();

  private @Nullable MeshFacts facts;
  private volatile @Nullable MeshPlan plan;
  private @Nullable MeshFacts weighed;
  private List<Refusal> tooLarge = List.of();

  MeshMemory(LastRings rings) {
    this.authentication = new Authentication(rings);
  }

  /**
   * The plan for these facts, made anew only when they changed.
   *
   * @param timer takes the time of making it
   */
  MeshPlan plan(MeshFacts next, Timer timer) {
    MeshPlan known = plan;
    if (known != null && next.equals(facts)) {
      return known;
    }
    MeshPlan made = Objects.requireNonNull(timer.record(() -> Planner.plan(next)));
    facts = next;
    plan = made;
    return made;
  }

  /**
   * What the API would refuse of the plan for these facts; looked for only when they changed.
   *
   * @param timer takes the time of making the plan
   */
  List<Refusal> tooLarge(MeshFacts next, Timer timer) {
    if (!next.equals(weighed)) {
      tooLarge = SizeCheck.check(plan(next, timer));
      weighed = next;
    }
    return tooLarge;
  }

  /** Members of the latest plan. */
  int members() {
    MeshPlan known = plan;
    return known == null ? 0 : known.members().size();
  }
}
