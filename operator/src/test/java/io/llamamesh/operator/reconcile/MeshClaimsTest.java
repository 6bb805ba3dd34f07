package io.llamamesh.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.operator.resources.ClaimLeases;
import io.llamamesh.operator.resources.Owner;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MeshClaimsTest {
  private static final Owner MESH = new Owner("net", "m", "uid");
  private static final Duration TICK = Duration.ofSeconds(30);

  private final FakeClock clock = new FakeClock();
  private final FakeLeases leases = new FakeLeases();
  private final MeshClaims first = new MeshClaims(leases, "ops/first", clock);
  private final MeshClaims second = new MeshClaims(leases, "team/second", clock);

  @Test
  void theFirstKeepsAMeshAndTheSecondIsToldWhoItIs() {
    for (int i = 0; i < 100; i++) {
      assertThat(first.claim(MESH)).isNull();
      assertThat(second.claim(MESH)).isEqualTo("ops/first");
      clock.pass(TICK);
    }
  }

  @Test
  void aMeshWhoseOperatorIsGoneIsTakenOverFiveMinutesLaterAndKept() {
    assertThat(first.claim(MESH)).isNull();
    Instant gone = clock.instant();

    while (second.claim(MESH) != null) {
      clock.pass(TICK);
    }

    assertThat(Duration.between(gone, clock.instant())).isEqualTo(MeshClaims.EXPIRY);
    assertThat(first.claim(MESH)).isEqualTo("team/second");
  }

  @Test
  void timeInWhichTheServerCouldNotBeAskedDoesNotCount() {
    assertThat(first.claim(MESH)).isNull();
    assertThat(second.claim(MESH)).isNotNull();
    clock.pass(MeshClaims.EXPIRY.multipliedBy(2));

    assertThat(second.claim(MESH)).isEqualTo("ops/first");
    assertThat(first.claim(MESH)).isNull();
  }

  @Test
  void theServerIsAskedOnceAMinuteAndARestartWritesNothing() {
    for (int i = 0; i < 59; i++) {
      assertThat(first.claim(MESH)).isNull();
      clock.pass(Duration.ofSeconds(1));
    }
    assertThat(leases.writes).isEqualTo(1);
    assertThat(new MeshClaims(leases, "ops/first", clock).claim(MESH)).isNull();
    assertThat(leases.writes).isEqualTo(1);
    clock.pass(Duration.ofSeconds(1));
    assertThat(first.claim(MESH)).isNull();
    assertThat(leases.writes).isEqualTo(2);
  }

  @Test
  void aServerThatFailsForAWhileDoesNotStopTheOneThatHoldsIt() {
    assertThat(first.claim(MESH)).isNull();
    leases.failure = 500;
    clock.pass(Duration.ofMinutes(2));
    assertThat(first.claim(MESH)).isNull();
    clock.pass(Duration.ofMinutes(2));

    assertThatThrownBy(() -> first.claim(MESH)).isInstanceOf(KubernetesClientException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 500, 0})
  void whereClaimsCannotBeReadForLongItWorksAsBefore(int failure) {
    leases.failure = failure;
    assertThatThrownBy(() -> first.claim(MESH)).isInstanceOf(KubernetesClientException.class);

    clock.pass(Duration.ofMinutes(3));

    assertThat(first.claim(MESH)).isNull();
    clock.pass(Duration.ofMinutes(10));
    assertThat(first.claim(MESH)).isNull();
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 403, 500, 0})
  void whereClaimsCannotBeReadItLeavesAloneWhatAnotherWasSeenToHold(int failure) {
    assertThat(first.claim(MESH)).isNull();
    assertThat(second.claim(MESH)).isEqualTo("ops/first");
    leases.failure = failure;

    for (int i = 0; i < 100; i++) {
      assertThat(second.claim(MESH)).isEqualTo("ops/first");
      clock.pass(TICK);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 403, 500, 0})
  void aWebhookThatRefusesClaimsStopsNobody(int refusal) {
    leases.refusal = refusal;

    for (int i = 0; i < 100; i++) {
      assertThat(first.claim(MESH)).isNull();
      clock.pass(TICK);
    }

    leases.refusal = -1;
    assertThat(first.claim(MESH)).isNull();
    assertThat(leases.writes).isEqualTo(1);
    assertThat(second.claim(MESH)).isEqualTo("ops/first");
  }

  /** Both meet the webhook: the one that holds it is alive, though it cannot renew. */
  @ParameterizedTest
  @ValueSource(ints = {400, 403, 500, 0})
  void aWebhookThatRefusesRenewalsGivesTheMeshToNobodyElse(int refusal) {
    assertThat(first.claim(MESH)).isNull();
    leases.refusal = refusal;

    for (int i = 0; i < 100; i++) {
      clock.pass(TICK);
      assertThat(first.claim(MESH)).isNull();
      assertThat(second.claim(MESH)).isEqualTo("ops/first");
    }
  }

  @Test
  void whoWorkedWithoutAClaimNoticesAnotherAsSoonAsItCanReadAgain() {
    leases.failure = 500;
    assertThatThrownBy(() -> first.claim(MESH)).isInstanceOf(KubernetesClientException.class);
    clock.pass(Duration.ofMinutes(5));
    assertThat(first.claim(MESH)).isNull();

    leases.failure = -1;
    assertThat(second.claim(MESH)).isNull();

    assertThat(first.claim(MESH)).isEqualTo("team/second");
  }

  @Test
  void withoutTheRightItWorksAsBefore() {
    leases.failure = 403;

    assertThat(first.claim(MESH)).isNull();
  }

  @Test
  void aStrangersLeaseStaysAsItIsAndStopsNobody() {
    assertThat(second.claim(MESH)).isNull();
    leases.areStrangers = true;

    for (int i = 0; i < 100; i++) {
      assertThat(first.claim(MESH)).isNull();
      clock.pass(TICK);
    }

    assertThat(leases.writes).isEqualTo(1);
  }

  @Test
  void ofTwoAtOnceOneHasIt() {
    leases.beforeWrite = () -> assertThat(second.claim(MESH)).isNull();

    assertThat(first.claim(MESH)).isNotNull();
    assertThat(first.claim(MESH)).isEqualTo("team/second");
  }

  private static final class FakeLeases extends ClaimLeases {
    private @Nullable Lease stored;
    private int version;
    private int writes;
    private int failure = -1;
    private boolean areStrangers;

    /** Of writes alone. */
    private int refusal = -1;

    private @Nullable Runnable beforeWrite;

    FakeLeases() {
      super(new KubernetesClientBuilder().build());
    }

    @Override
    public @Nullable Lease read(Owner mesh) {
      fail(failure);
      return stored;
    }

    @Override
    public void write(
        Owner mesh, @Nullable Lease seen, String holder, Instant now, Duration valid) {
      fail(failure);
      fail(refusal);
      if (beforeWrite != null) {
        Runnable other = beforeWrite;
        beforeWrite = null;
        other.run();
      }
      if (!Objects.equals(version(seen), version(stored))) {
        throw new KubernetesClientException("conflict", 409, null);
      }
      writes++;
      stored =
          new LeaseBuilder()
              .withNewMetadata()
              .withResourceVersion(String.valueOf(++version))
              .endMetadata()
              .withNewSpec()
              .withHolderIdentity(holder)
              .withRenewTime(now.atZone(ZoneOffset.UTC))
              .endSpec()
              .build();
    }

    @Override
    public boolean isOurs(Owner mesh, Lease lease) {
      return !areStrangers;
    }

    private static void fail(int code) {
      if (code >= 0) {
        throw new KubernetesClientException("failed", code, null);
      }
    }

    private static @Nullable String version(@Nullable Lease lease) {
      return lease == null ? null : lease.getMetadata().getResourceVersion();
    }
  }

  private static final class FakeClock extends Clock {
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    void pass(Duration time) {
      now = now.plus(time);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
