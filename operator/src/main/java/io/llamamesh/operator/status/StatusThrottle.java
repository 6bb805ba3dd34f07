package io.llamamesh.operator.status;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.llamamesh.crd.LlamaMeshStatus;
import io.llamamesh.crd.LlamaMeshStatus.SuspectStatus;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Throttle of a mesh's status: decides when it is written.
 *
 * <p>At once: what a condition says (numbers in its message apart), a suspect who was not in the
 * status before, whom the fabric names, the last agent to report. Else numbers move, and {@code
 * observedAt} with them, every {@link #HEALTHY_EVERY} while the network is healthy, and once a
 * window while it is not, or while the mesh settles: the first windows after an agent came or went
 * are pooled with what was before.
 *
 * <p>One per mesh. {@link #next} is for one thread at a time, the others for any.
 */
public final class StatusThrottle {
  /** Pace of numbers while the network is healthy. */
  public static final Duration HEALTHY_EVERY = Duration.ofSeconds(15);

  /** Pace of new suspects. */
  private static final Duration SUSPECTS_EVERY = Duration.ofSeconds(10);

  /** Writes since the fabric names others, at once; and until there may be another. */
  private static final int NAMED_BURST = 5;

  private static final Duration NAMED_REFILL = Duration.ofSeconds(10);

  /** As many as a judgement pools, and the one in which the change falls. */
  private static final int SETTLING_WINDOWS = 4;

  private static final Duration USUAL_INTERVAL = Duration.ofSeconds(10);

  /** Conditions whose messages carry numbers of the network. */
  private static final Set<String> WITH_NUMBERS =
      Set.of(ConditionTypes.NETWORK_HEALTHY, ConditionTypes.STORE_REACHABLE, ConditionTypes.READY);

  /** When numbers were written last; null: not yet. */
  private volatile @Nullable Instant written;

  private volatile Instant settled = Instant.MIN;
  private volatile Duration interval = USUAL_INTERVAL;

  /** Whom the last status suspected. */
  private volatile Set<String> suspected = Set.of();

  /** Fingerprint of the last status: what it said of the network, numbers apart. */
  private volatile String fingerprint = "";

  /** Whom the fabric named in the last status, and what is left of writes for such changes. */
  private String named = "";

  private double namedBudget = NAMED_BURST;
  private Instant namedRefilled = Instant.MIN;

  /** Whether a status should be written now for this view of the network. */
  public boolean shouldWrite(NetworkView view, Instant now) {
    if (!fingerprint(view).equals(fingerprint)) {
      return true;
    }
    return view instanceof NetworkView.Known known
        && (isDue(known.report().verdict(), now)
            || isNewSuspect(first(StatusFactory.suspects(known.report())), now));
  }

  /**
   * Time until numbers are due, if there are other ones by then.
   *
   * @param view of which {@link #next} was asked last
   */
  public Duration dueIn(NetworkView view, Instant now) {
    Instant last = written;
    if (last == null || !(view instanceof NetworkView.Known known)) {
      return HEALTHY_EVERY;
    }
    Duration pace = pace(known.report().verdict(), now);
    Duration left = Duration.between(now, last.plus(pace));
    return left.isPositive() ? left : pace;
  }

  /**
   * The status to write.
   *
   * @param before what the server has, or null
   * @return null where what the server has is good enough
   */
  public @Nullable LlamaMeshStatus next(
      @Nullable LlamaMeshStatus before, MeshState state, Instant now) {
    interval = interval(state.settings());
    fingerprint = fingerprint(state.network());
    // What the server has is what was said, also where a status was refused.
    suspected = ids(before);
    LlamaMeshStatus fresh = StatusFactory.of(before, state, now);
    if (fresh.equals(before)) {
      return null;
    }
    boolean due =
        before == null
            || isNewSuspect(first(fresh.suspects()), now)
            || isComplete(fresh) != isComplete(before);
    if (state.network() instanceof NetworkView.Known known) {
      due |= isDue(known.report().verdict(), now);
    }
    if (before == null || due || !withNumbersOf(fresh, before).equals(before)) {
      named = names(state.network());
    } else if (!isNamedAnew(state.network(), now)) {
      return null;
    }
    if (state.network() instanceof NetworkView.Known) {
      if (written == null || before == null || isUnsettled(fresh, before)) {
        settled = now.plus(interval.multipliedBy(SETTLING_WINDOWS));
      }
      written = now;
    }
    suspected = ids(fresh);
    return fresh;
  }

  private boolean isDue(Verdict verdict, Instant now) {
    Instant last = written;
    return last == null || !now.isBefore(last.plus(pace(verdict, now)));
  }

  private Duration pace(Verdict verdict, Instant now) {
    boolean steady = verdict == Verdict.HEALTHY && !now.isBefore(settled);
    return steady || interval.compareTo(HEALTHY_EVERY) > 0 ? HEALTHY_EVERY : interval;
  }

  /** Length of a mesh's windows; the usual one where no spec is in force. */
  public static Duration interval(@Nullable MeshSettings settings) {
    return settings == null ? USUAL_INTERVAL : settings.collector().interval().value();
  }

  private static String fingerprint(NetworkView view) {
    return switch (view) {
      case NetworkView.Unknown unknown -> unknown.reason();
      case NetworkView.Known known -> {
        MeshReport report = known.report();
        boolean all = report.totals().agentsReporting() >= report.totals().agents();
        yield report.verdict()
            + " "
            + report.store().state()
            + " "
            + report.store().trouble()
            + " "
            + all
            + " "
            + known.fabric();
      }
    };
  }

  /**
   * Whether the first suspect was not in the status before. Suspects that only change places, as
   * pairs of like loss do with every window, are no new ones; and of many that come and go one is
   * written at a time.
   */
  private boolean isNewSuspect(@Nullable SuspectStatus top, Instant now) {
    Instant last = written;
    return top != null
        && !suspected.contains(id(top))
        && (last == null || !now.isBefore(last.plus(SUSPECTS_EVERY)));
  }

  /**
   * Whether the fabric names others than in the last status: its first word may know one side of a
   * partition in part only. A word that changes without end is written with the numbers. What is
   * written for another reason, as the first word of each fault and the last, does not count.
   */
  private boolean isNamedAnew(NetworkView view, Instant now) {
    String names = names(view);
    if (names.equals(named)) {
      return false;
    }
    if (namedRefilled.isAfter(Instant.MIN)) {
      double earned =
          (double) Duration.between(namedRefilled, now).toMillis() / NAMED_REFILL.toMillis();
      namedBudget = Math.min(NAMED_BURST, namedBudget + Math.max(0, earned));
    }
    namedRefilled = now;
    if (namedBudget < 1) {
      return false;
    }
    namedBudget--;
    named = names;
    return true;
  }

  private String names(NetworkView view) {
    return view instanceof NetworkView.Known known ? known.fabric() : named;
  }

  private static @Nullable SuspectStatus first(@Nullable List<SuspectStatus> suspects) {
    return suspects == null || suspects.isEmpty() ? null : suspects.getFirst();
  }

  private static Set<String> ids(@Nullable LlamaMeshStatus status) {
    return status == null || status.suspects() == null
        ? Set.of()
        : status.suspects().stream().map(StatusThrottle::id).collect(Collectors.toSet());
  }

  private static String id(SuspectStatus suspect) {
    return suspect.kind() + " " + suspect.name() + " " + suspect.direction();
  }

  /** Whether the agents that measure are others than before. */
  private static boolean isUnsettled(LlamaMeshStatus fresh, LlamaMeshStatus before) {
    return !Objects.equals(fresh.nodes(), before.nodes())
        || !Objects.equals(fresh.agentsReady(), before.agentsReady())
        || !Objects.equals(fresh.agentsReporting(), before.agentsReporting());
  }

  private static boolean isComplete(LlamaMeshStatus status) {
    return status.agentsReporting() != null
        && status.nodes() != null
        && status.agentsReporting() >= status.nodes();
  }

  /** Numbers in messages are those of the other one too. */
  private static LlamaMeshStatus withNumbersOf(LlamaMeshStatus status, LlamaMeshStatus numbers) {
    return status
        .withNumbersOf(numbers)
        .withConditions(keepMessages(status.conditions(), numbers.conditions()));
  }

  /** Conditions with the messages of before where that is all that changed in them. */
  private static @Nullable List<Condition> keepMessages(
      @Nullable List<Condition> fresh, @Nullable List<Condition> before) {
    if (fresh == null || before == null) {
      return fresh;
    }
    return fresh.stream()
        .map(f ->
            WITH_NUMBERS.contains(f.getType())
                ? before.stream().filter(b -> isSameButMessage(f, b)).findFirst().orElse(f)
                : f)
        .toList();
  }

  private static boolean isSameButMessage(Condition a, Condition b) {
    return new ConditionBuilder(a).withMessage(b.getMessage()).build().equals(b);
  }
}
