package io.llamamesh.operator.election;

import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One candidate's knowledge of the Lease, and the step that follows from it. Times are those of its
 * own steady clock: what others write into a Lease says nothing about it.
 *
 * <p>Pure; belongs to one thread.
 */
final class Candidacy {
  /** Next step with the Lease. */
  enum Step {
    /** It is not there. */
    CREATE,
    /** It is ours, nobody's, or has run out. */
    TAKE,
    /** Another holds it. */
    WAIT
  }

  private final String identity;
  private final LeaseTimings timings;
  private @Nullable LeaseSpec seen;
  private long seenAt;

  Candidacy(String identity, LeaseTimings timings) {
    this.identity = identity;
    this.timings = timings;
  }

  /** Judges a Lease that was read after {@code now}. */
  Step judge(boolean exists, @Nullable LeaseSpec spec, long now) {
    if (!exists) {
      seen = null;
      return Step.CREATE;
    }
    if (spec == null || isBlank(spec.getHolderIdentity())) {
      seen = spec;
      return Step.TAKE;
    }
    if (identity.equals(spec.getHolderIdentity())) {
      // An earlier life of this pod: it has ended, or we should not be here.
      seen = spec;
      return Step.TAKE;
    }
    if (!Objects.equals(seen, spec)) {
      seen = spec;
      seenAt = now;
    }
    return now - seenAt >= duration(spec).toNanos() ? Step.TAKE : Step.WAIT;
  }

  /** The Lease's content when this candidate holds it from now on, or still. */
  LeaseSpec heldSpec(@Nullable LeaseSpec before, ZonedDateTime time) {
    boolean still = before != null && identity.equals(before.getHolderIdentity());
    LeaseSpec next = new LeaseSpec();
    next.setHolderIdentity(identity);
    next.setLeaseDurationSeconds(Math.toIntExact(timings.duration().toSeconds()));
    next.setRenewTime(time);
    next.setAcquireTime(
        before != null && still && before.getAcquireTime() != null
            ? before.getAcquireTime()
            : time);
    int transitions =
        before == null || before.getLeaseTransitions() == null ? 0 : before.getLeaseTransitions();
    next.setLeaseTransitions(still || before == null ? transitions : transitions + 1);
    return next;
  }

  /** The Lease's content when this candidate gives it back. */
  static LeaseSpec releasedSpec(LeaseSpec before, ZonedDateTime time) {
    LeaseSpec next = new LeaseSpec();
    next.setHolderIdentity("");
    next.setLeaseDurationSeconds(1);
    next.setRenewTime(time);
    next.setAcquireTime(time);
    next.setLeaseTransitions(before.getLeaseTransitions());
    return next;
  }

  private Duration duration(LeaseSpec spec) {
    Integer seconds = spec.getLeaseDurationSeconds();
    return seconds == null ? timings.duration() : Duration.ofSeconds(seconds);
  }

  private static boolean isBlank(@Nullable String text) {
    return text == null || text.isBlank();
  }
}
