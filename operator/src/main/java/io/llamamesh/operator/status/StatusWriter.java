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
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes the status to be written, or says that none needs to be: what conditions say and a suspect
 * who was not told before is written at once, numbers of the network at most once a minute, but the
 * first ones, and those that come with such news or with the last agent to report, at once too.
 *
 * <p>One per mesh. {@link #next} is for one thread at a time, {@link #isNews} for any.
 */
public final class StatusWriter {
  /** How long the network's numbers stay. */
  public static final Duration NUMBERS_EVERY = Duration.ofMinutes(1);

  /** How often another suspect is news. */
  private static final Duration SUSPECTS_EVERY = Duration.ofSeconds(10);

  private static final int WORST_PAIRS = 10;
  private static final int SUSPECTS = 5;
  private static final int MAX_MESSAGE = 1024;

  /** Conditions whose messages carry numbers of the network. */
  private static final Set<String> NUMEROUS =
      Set.of(ConditionTypes.NETWORK_HEALTHY, ConditionTypes.STORE_REACHABLE, ConditionTypes.READY);

  private volatile @Nullable Instant numbersWritten;

  /** Whom the last status suspected. */
  private volatile Set<String> suspected = Set.of();

  /** What the last status said of the network, numbers apart. */
  private volatile String told = "";

  /** Whether a status should be written at once for this view of the network. */
  public boolean isNews(NetworkView view, Instant now) {
    if (!gist(view).equals(told)) {
      return true;
    }
    return view instanceof NetworkView.Known known
        && isAnother(first(suspects(known.report())), now);
  }

  private static String gist(NetworkView view) {
    return switch (view) {
      case NetworkView.Unknown unknown -> unknown.reason();
      case NetworkView.Known known -> {
        MeshReport report = known.report();
        boolean all = report.totals().agentsReporting() >= report.totals().agents();
        yield report.verdict() + " " + report.store().state() + " " + all;
      }
    };
  }

  /**
   * Whether somebody is suspected first of whom nothing was said. Who only changes places with
   * others that are told, as pairs of like loss do with every window, is no news; and of many that
   * come and go one is told at a time.
   */
  private boolean isAnother(@Nullable SuspectStatus top, Instant now) {
    Instant last = numbersWritten;
    return top != null
        && !suspected.contains(id(top))
        && (last == null || !now.isBefore(last.plus(SUSPECTS_EVERY)));
  }

  private static @Nullable SuspectStatus first(@Nullable List<SuspectStatus> suspects) {
    return suspects == null || suspects.isEmpty() ? null : suspects.getFirst();
  }

  private static Set<String> ids(@Nullable LlamaMeshStatus status) {
    return status == null || status.suspects() == null
        ? Set.of()
        : status.suspects().stream().map(StatusWriter::id).collect(Collectors.toSet());
  }

  private static String id(SuspectStatus suspect) {
    return suspect.kind() + " " + suspect.name() + " " + suspect.direction();
  }

  /**
   * The status to write.
   *
   * @param before what the server has, or null
   * @return null where what the server has is good enough
   */
  public @Nullable LlamaMeshStatus next(
      @Nullable LlamaMeshStatus before, MeshState state, Instant now) {
    told = gist(state.network());
    // What the server has is what was said, also where a status was refused.
    suspected = ids(before);
    LlamaMeshStatus fresh = status(before, state, now);
    if (before != null && state.network().equals(NetworkView.NOT_ASKED)) {
      fresh = withNumbersOf(fresh, before);
    }
    if (fresh.equals(before)) {
      return null;
    }
    boolean numbersDue =
        before == null
            || isAnother(first(fresh.suspects()), now)
            || numbersWritten == null
            || !now.isBefore(numbersWritten.plus(NUMBERS_EVERY))
            || complete(fresh) != complete(before);
    if (before != null && !numbersDue && withNumbersOf(fresh, before).equals(before)) {
      return null;
    }
    if (state.network() instanceof NetworkView.Known) {
      numbersWritten = now;
    }
    suspected = ids(fresh);
    return fresh;
  }

  /**
   * Conditions with the messages of before where a network's numbers are all that changed in them.
   */
  private static @Nullable List<Condition> calm(
      @Nullable List<Condition> fresh, @Nullable List<Condition> before) {
    if (fresh == null || before == null) {
      return fresh;
    }
    return fresh.stream()
        .map(f ->
            NUMEROUS.contains(f.getType())
                ? before.stream().filter(b -> sameButMessage(f, b)).findFirst().orElse(f)
                : f)
        .toList();
  }

  private static boolean sameButMessage(Condition a, Condition b) {
    return new ConditionBuilder(a).withMessage(b.getMessage()).build().equals(b);
  }

  private static boolean complete(LlamaMeshStatus status) {
    return status.agentsReporting() != null
        && status.nodes() != null
        && status.agentsReporting() >= status.nodes();
  }

  private static LlamaMeshStatus withNumbersOf(LlamaMeshStatus status, LlamaMeshStatus numbers) {
    return new LlamaMeshStatus(
        status.observedGeneration(),
        numbers.observedAt(),
        status.nodes(),
        status.agentsReady(),
        numbers.agentsReporting(),
        numbers.pairs(),
        numbers.lossPercent(),
        numbers.rttP99(),
        status.groups(),
        status.ipFamilies(),
        numbers.worstPairs(),
        numbers.suspects(),
        calm(status.conditions(), numbers.conditions()));
  }

  private static LlamaMeshStatus status(
      @Nullable LlamaMeshStatus before, MeshState state, Instant now) {
    MeshPlan plan = state.plan();
    MeshReport report = state.network() instanceof NetworkView.Known known ? known.report() : null;
    return new LlamaMeshStatus(
        state.generation(),
        null,
        plan == null ? 0 : plan.members().size(),
        state.agents().ready(),
        report == null ? null : report.totals().agentsReporting(),
        report == null ? null : report.totals().pairs(),
        report == null ? null : Numbers.percent(report.totals().lossPercent()),
        report == null ? null : Numbers.time(report.totals().rttP99()),
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
                .map(StatusWriter::pair)
                .toList(),
        report == null ? List.of() : suspects(report),
        Findings.of(state, conditions(before)).stream()
            .map(finding -> condition(finding, before, state.generation(), now))
            .toList());
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
        Numbers.percent(pair.lossPercent()),
        Numbers.time(pair.rttP99()),
        pair.verdict().reason());
  }

  private static List<SuspectStatus> suspects(MeshReport report) {
    return report.suspects().stream().limit(SUSPECTS).map(StatusWriter::suspect).toList();
  }

  private static SuspectStatus suspect(Suspect suspect) {
    Direction direction = suspect.direction();
    return new SuspectStatus(
        switch (suspect.kind()) {
          case NODE -> "Node";
          case ZONE -> "Zone";
          case ZONE_PAIR -> "ZonePair";
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
        Numbers.percent(suspect.lossPercent()));
  }

  /** The time moves only when the value does (Kubernetes API conventions). */
  private static Condition condition(
      Finding finding, @Nullable LlamaMeshStatus before, long generation, Instant now) {
    String value = finding.value().text();
    String since =
        conditions(before).stream()
            .filter(c -> finding.type().equals(c.getType()) && value.equals(c.getStatus()))
            .map(Condition::getLastTransitionTime)
            .filter(Objects::nonNull)
            .findFirst()
            .orElse(now.truncatedTo(ChronoUnit.SECONDS).toString());
    String message = finding.message();
    return new ConditionBuilder()
        .withType(finding.type())
        .withStatus(value)
        .withReason(finding.reason())
        .withMessage(
            message.length() > MAX_MESSAGE ? message.substring(0, MAX_MESSAGE - 1) + "…" : message)
        .withObservedGeneration(generation)
        .withLastTransitionTime(since)
        .build();
  }
}
