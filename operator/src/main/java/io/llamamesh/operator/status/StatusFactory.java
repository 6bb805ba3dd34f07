package io.llamamesh.operator.status;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.llamamesh.crd.LlamaMeshStatus;
import io.llamamesh.crd.LlamaMeshStatus.GroupStatus;
import io.llamamesh.crd.LlamaMeshStatus.SuspectStatus;
import io.llamamesh.crd.LlamaMeshStatus.WorstPair;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.MeshReport.Direction;
import io.llamamesh.results.MeshReport.PairReport;
import io.llamamesh.results.MeshReport.Suspect;
import io.llamamesh.results.Verdict;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes a mesh's status from what is known of it. Numbers of the network come from one report,
 * whose time is {@code observedAt}; while there is none, those of the last one stay beside its
 * time.
 */
final class StatusFactory {
  private static final int WORST_PAIRS = 10;
  private static final int SUSPECTS = 5;
  private static final int MAX_MESSAGE = 1024;

  private StatusFactory() {}

  /**
   * The status.
   *
   * @param before what the server has, or null
   */
  static LlamaMeshStatus of(@Nullable LlamaMeshStatus before, MeshState state, Instant now) {
    LlamaMeshStatus fresh = status(before, state, now);
    return before == null || state.network() instanceof NetworkView.Known
        ? fresh
        : fresh.withNumbersOf(before);
  }

  private static LlamaMeshStatus status(
      @Nullable LlamaMeshStatus before, MeshState state, Instant now) {
    MeshPlan plan = state.plan();
    MeshReport report = state.network() instanceof NetworkView.Known known ? known.report() : null;
    return new LlamaMeshStatus(
        state.generation(),
        report == null ? null : observedAt(report),
        plan == null ? 0 : plan.members().size(),
        state.registry() == null ? null : state.registry().registered(),
        state.agents().ready(),
        report == null ? null : report.totals().agentsReporting(),
        report == null ? null : report.totals().pairs(),
        report == null ? null : StatusNumbers.percent(report.totals().lossPercent()),
        report == null ? null : StatusNumbers.time(report.totals().rttP99()),
        plan == null
            ? List.of()
            : plan.groups().stream()
                .map(g -> new GroupStatus(g.name(), g.nodes(), g.targets()))
                .toList(),
        plan == null || plan.families().isEmpty() ? null : plan.families(),
        report == null
            ? List.of()
            : report.worstPairs().stream()
                .filter(p -> p.verdict() != Verdict.HEALTHY)
                .limit(WORST_PAIRS)
                .map(StatusFactory::pair)
                .toList(),
        report == null ? List.of() : suspects(report),
        MeshConditions.of(state, conditions(before)).stream()
            .map(condition -> condition(condition, before, state.generation(), now))
            .toList());
  }

  private static String observedAt(MeshReport report) {
    return report.time().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static List<Condition> conditions(@Nullable LlamaMeshStatus status) {
    return status == null || status.conditions() == null ? List.of() : status.conditions();
  }

  private static WorstPair pair(PairReport pair) {
    return new WorstPair(
        pair.source() + ">" + pair.destination(),
        pair.source(),
        pair.destination(),
        pair.port(),
        StatusNumbers.percent(pair.lossPercent()),
        StatusNumbers.time(pair.rttP99()),
        pair.verdict().reason());
  }

  /** The first ones of a report. */
  static List<SuspectStatus> suspects(MeshReport report) {
    return report.suspects().stream().limit(SUSPECTS).map(StatusFactory::suspect).toList();
  }

  private static SuspectStatus suspect(Suspect suspect) {
    Direction direction = suspect.direction();
    return new SuspectStatus(
        switch (suspect.kind()) {
          case MESH -> "Mesh";
          case NODE -> "Node";
          case ZONE -> "Zone";
          case ZONE_PAIR -> "ZonePair";
          case BLOCK -> "Block";
          case PAIR -> "Pair";
        },
        suspect.name(),
        direction == null
            ? null
            : switch (direction) {
              case EGRESS -> "Egress";
              case INGRESS -> "Ingress";
            },
        suspect.explains(),
        suspect.of(),
        StatusNumbers.percent(suspect.lossPercent()));
  }

  /** The time moves only when the value does (Kubernetes API conventions). */
  private static Condition condition(
      MeshCondition condition, @Nullable LlamaMeshStatus before, long generation, Instant now) {
    String value = condition.status().text();
    String since =
        conditions(before).stream()
            .filter(c -> condition.type().equals(c.getType()) && value.equals(c.getStatus()))
            .map(Condition::getLastTransitionTime)
            .filter(Objects::nonNull)
            .findFirst()
            .orElse(now.truncatedTo(ChronoUnit.SECONDS).toString());
    String message = condition.message();
    return new ConditionBuilder()
        .withType(condition.type())
        .withStatus(value)
        .withReason(condition.reason())
        .withMessage(
            message.length() > MAX_MESSAGE ? message.substring(0, MAX_MESSAGE - 1) + "…" : message)
        .withObservedGeneration(generation)
        .withLastTransitionTime(since)
        .build();
  }
}
