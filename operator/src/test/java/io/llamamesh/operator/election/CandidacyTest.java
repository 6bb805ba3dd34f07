package io.llamamesh.operator.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.llamamesh.operator.election.Candidacy.Step;
import java.time.Duration;
import java.time.ZonedDateTime;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CandidacyTest {
  private static final ZonedDateTime TIME = ZonedDateTime.parse("2030-01-01T00:00:00Z");
  private final Candidacy candidacy = new Candidacy("me", LeaseTimings.DEFAULT);

  @Test
  void aLeaseThatIsNotThereIsCreated() {
    assertThat(candidacy.judge(false, null, 0)).isEqualTo(Step.CREATE);
  }

  @Test
  void aLeaseWithoutContentAsAChartMakesItIsTaken() {
    assertThat(candidacy.judge(true, null, 0)).isEqualTo(Step.TAKE);
    assertThat(candidacy.judge(true, new LeaseSpec(), 0)).isEqualTo(Step.TAKE);
    assertThat(candidacy.judge(true, held("", 0), 0)).isEqualTo(Step.TAKE);
  }

  @Test
  void anothersLeaseIsTakenWhenItWasNotRenewedForItsDuration() {
    assertThat(candidacy.judge(true, held("you", 1), nanos(0))).isEqualTo(Step.WAIT);
    assertThat(candidacy.judge(true, held("you", 1), nanos(9.9))).isEqualTo(Step.WAIT);
    assertThat(candidacy.judge(true, held("you", 1), nanos(10))).isEqualTo(Step.TAKE);
  }

  @Test
  void aRenewalBeginsTheTimeAnew() {
    var first = candidacy.judge(true, held("you", 1), nanos(0));
    var second = candidacy.judge(true, held("you", 2), nanos(9));

    assertThat(first).isEqualTo(second).isEqualTo(Step.WAIT);
    assertThat(candidacy.judge(true, held("you", 2), nanos(18))).isEqualTo(Step.WAIT);
    assertThat(candidacy.judge(true, held("you", 2), nanos(19))).isEqualTo(Step.TAKE);
  }

  @Test
  void theTimesThatAnotherWritesSayNothing() {
    // Its clock is a year behind, or it has been gone for a year: we cannot tell, and wait.
    assertThat(candidacy.judge(true, held("you", -31_536_000), nanos(0))).isEqualTo(Step.WAIT);
  }

  @Test
  void oursFromAnEarlierLifeIsTakenAtOnce() {
    assertThat(candidacy.judge(true, held("me", 1), 0)).isEqualTo(Step.TAKE);
  }

  @Test
  void aRenewalKeepsWhenItWasAcquiredAndATakeOverCounts() {
    LeaseSpec fresh = candidacy.heldSpec(null, TIME);
    LeaseSpec renewed = candidacy.heldSpec(fresh, TIME.plusSeconds(2));
    LeaseSpec taken =
        new Candidacy("you", LeaseTimings.DEFAULT).heldSpec(renewed, TIME.plusDays(1));

    assertThat(renewed.getAcquireTime()).isEqualTo(TIME);
    assertThat(renewed.getRenewTime()).isEqualTo(TIME.plusSeconds(2));
    assertThat(renewed.getLeaseTransitions()).isZero();
    assertThat(renewed.getLeaseDurationSeconds()).isEqualTo(10);
    assertThat(taken.getHolderIdentity()).isEqualTo("you");
    assertThat(taken.getAcquireTime()).isEqualTo(TIME.plusDays(1));
    assertThat(taken.getLeaseTransitions()).isEqualTo(1);
  }

  private static LeaseSpec held(@Nullable String holder, long renewed) {
    LeaseSpec spec = new LeaseSpec();
    spec.setHolderIdentity(holder);
    spec.setLeaseDurationSeconds(10);
    spec.setRenewTime(TIME.plusSeconds(renewed));
    return spec;
  }

  private static long nanos(double seconds) {
    return Duration.ofMillis((long) (seconds * 1000)).toNanos();
  }
}
