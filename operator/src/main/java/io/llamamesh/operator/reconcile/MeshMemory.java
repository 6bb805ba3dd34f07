package io.llamamesh.operator.reconcile;

import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.operator.plan.Planner;
import io.llamamesh.operator.plan.SizeCheck;
import io.llamamesh.operator.plan.SpecRefusal;
import io.llamamesh.operator.status.NetworkAssessment;
import io.llamamesh.operator.status.StatusThrottle;
import io.llamamesh.operator.status.TransitionEvents;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The operator's memory of a mesh between two reconciliations; all of it can be had again. Used by
 * one reconcile at a time, but for {@link #accepted} and {@link #isEvaluated}, which those of other
 * meshes read, and {@link #status} and {@link #network}, which the poller of reports asks.
 */
final class MeshMemory {
  final StatusThrottle status = new StatusThrottle();
  final NetworkAssessment network = new NetworkAssessment();
  final TransitionEvents transitionEvents = new TransitionEvents();
  final AuthSecretReconciler authentication;
  final NodeKeyReconciler nodeKeys = new NodeKeyReconciler();
  final MonitorReconciler monitoring = new MonitorReconciler();
  final ConfigMapCache configMapCache = new ConfigMapCache();
  final PodDiagnosis diagnosis = new PodDiagnosis();
  final LeavingNodes leavingNodes = new LeavingNodes();
  final AgentReplacement replacement = new AgentReplacement();
  final JoinAdmission joins = new JoinAdmission();
  final ProgramsSecretReader programs = new ProgramsSecretReader();

  /** The last spec that was accepted; null: none yet. */
  volatile @Nullable AcceptedSpec accepted;

  /** Whether it has been found out what is accepted; set after that. */
  volatile boolean isEvaluated;

  /** Objects that were somebody else's when it was last written. */
  List<String> taken = List.of();

  private @Nullable MeshFacts facts;
  private volatile @Nullable MeshPlan plan;
  private @Nullable MeshFacts sizeCheckedFacts;
  private List<SpecRefusal> tooLarge = List.of();

  MeshMemory(KeyRingCache rings) {
    this.authentication = new AuthSecretReconciler(rings);
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
    Timer.Sample sample = Timer.start();
    MeshPlan made = Planner.plan(next);
    var _ = sample.stop(timer);
    facts = next;
    plan = made;
    return made;
  }

  /**
   * Configs of the plan for these facts that the API would refuse; checked only when they changed.
   *
   * @param timer takes the time of making the plan
   */
  List<SpecRefusal> tooLarge(MeshFacts next, Timer timer) {
    if (!next.equals(sizeCheckedFacts)) {
      tooLarge = SizeCheck.check(plan(next, timer));
      sizeCheckedFacts = next;
    }
    return tooLarge;
  }

  /** Members of the latest plan. */
  int members() {
    MeshPlan known = plan;
    return known == null ? 0 : known.members().size();
  }
}
