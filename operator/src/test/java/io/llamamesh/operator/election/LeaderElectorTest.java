package io.llamamesh.operator.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeaderElectorTest {
  private static final LeaseTimings QUICK =
      new LeaseTimings(
          Duration.ofSeconds(2),
          Duration.ofMillis(1200),
          Duration.ofMillis(200),
          Duration.ofMillis(100));

  private final FakeLease lease = new FakeLease();
  private final List<Candidate> candidates = new ArrayList<>();

  @AfterEach
  void stop() {
    candidates.forEach(Candidate::close);
  }

  @Test
  void theFirstLeadsAndRenewsAndTheOtherStandsBy() {
    Candidate a = candidate("a");
    await().until(a::leads);
    Candidate b = candidate("b");
    var first = Objects.requireNonNull(lease.read()).getSpec().getRenewTime();

    await().until(() -> b.holders.contains("a"));
    await()
        .until(() ->
            Objects.requireNonNull(lease.read())
                .getSpec()
                .getRenewTime()
                .isAfter(first.plus(QUICK.duration())));

    assertThat(a.leads()).isTrue();
    assertThat(a.events).containsExactly("acquired");
    assertThat(b.events).isEmpty();
  }

  @Test
  void whoStopsGivesTheLeaseBackAndTheOtherLeadsBeforeItWouldHaveRunOut() {
    Candidate a = candidate("a");
    await().until(a::leads);
    Candidate b = candidate("b");
    await().until(() -> b.holders.contains("a"));

    a.close();
    assertThat(a.leads()).isFalse();
    long released = System.nanoTime();
    await().until(b::leads);

    assertThat(Duration.ofNanos(System.nanoTime() - released)).isLessThan(Duration.ofSeconds(1));
  }

  @Test
  void aLeaderWhoseRequestsHangStopsBeforeAnotherBeginsAndIsACandidateAgain() {
    Candidate a = candidate("a");
    await().until(a::leads);
    Candidate b = candidate("b");
    await().until(() -> b.holders.contains("a"));

    a.way.block();
    await()
        .pollInterval(Duration.ofMillis(1))
        .until(() -> {
          assertThat(a.leads() && b.leads()).as("two lead").isFalse();
          return b.leads();
        });
    assertThat(a.events).hasSize(2).last().asString().startsWith("lost: ").contains("in time");
    assertThat(a.failures).hasAtLeastOneElementOfType(TimeoutException.class);

    a.way.unblock();
    await().until(() -> a.holders.getLast().equals("b"));
    assertThat(a.leads()).isFalse();
    b.close();
    await().until(a::leads);
    assertThat(a.elector.isAlive()).isTrue();
  }

  @Test
  void anOutageThatIsShorterThanTheDeadlineIsNoLoss() {
    Candidate a = candidate("a");
    await().until(a::leads);

    a.way.refuse(new UncheckedIOException(new ConnectException()));
    await().until(() -> a.failures.size() >= 3);
    a.way.refuse(null);
    int before = a.holders.size();
    await().until(() -> a.holders.size() > before + 3);

    assertThat(a.events).containsExactly("acquired");
    assertThat(a.leads()).isTrue();
  }

  @Test
  void afterALongOutageThatHitAllTheOneThatLedGoesOnAtOnce() {
    Candidate a = candidate("a");
    await().until(a::leads);
    Candidate b = candidate("b");
    await().until(() -> b.holders.contains("a"));
    RuntimeException down = new UncheckedIOException(new ConnectException());

    a.way.refuse(down);
    b.way.refuse(down);
    await().until(() -> !a.leads() && a.events.size() == 2);
    int before = b.failures.size();
    await().until(() -> b.failures.size() > before + 20);
    a.way.refuse(null);
    await().until(a::leads);
    b.way.refuse(null);

    assertThat(b.events).isEmpty();
    assertThat(a.events.get(1)).doesNotContain("acquired it");
  }

  @Test
  void aLeaseThatAnotherHasTakenIsLostToThatOne() {
    Candidate a = candidate("a");
    await().until(a::leads);

    lease.put(heldBy("thief", 60));
    await().until(() -> !a.leads());

    await()
        .untilAsserted(() ->
            assertThat(a.events)
                .containsExactly("acquired", "lost: operator thief has acquired it"));
    assertThat(a.failures).isEmpty();
  }

  @Test
  void aLeaseThatWasDeletedIsMadeAgain() {
    Candidate a = candidate("a");
    await().until(a::leads);

    lease.put(null);
    await().until(() -> lease.holder().equals("a"));

    assertThat(a.leads()).isTrue();
    assertThat(a.failures).isEmpty();
  }

  @Test
  void aLeaseWithoutContentIsTaken() {
    lease.put(new LeaseBuilder().withNewMetadata().withName("lease").endMetadata().build());

    Candidate a = candidate("a");

    await().until(a::leads);
    assertThat(Objects.requireNonNull(lease.read()).getMetadata().getName()).isEqualTo("lease");
  }

  @Test
  void aMissingRightIsToldAndWaitedFor() {
    KubernetesClientException forbidden = new KubernetesClientException("no", 403, null);
    Candidate a = candidate("a", forbidden);
    await().until(() -> a.failures.contains(forbidden));

    a.way.refuse(null);

    await().until(a::leads);
  }

  private static Lease heldBy(String holder, int seconds) {
    return new LeaseBuilder()
        .withNewMetadata()
        .withName("lease")
        .endMetadata()
        .withNewSpec()
        .withHolderIdentity(holder)
        .withLeaseDurationSeconds(seconds)
        .endSpec()
        .build();
  }

  private Candidate candidate(String name) {
    return candidate(name, null);
  }

  private Candidate candidate(String name, @Nullable RuntimeException refusal) {
    Candidate made = new Candidate(name, refusal);
    candidates.add(made);
    return made;
  }

  private static ConditionFactory await() {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(20))
        .pollDelay(Duration.ZERO);
  }

  private final class Candidate implements LeaderElector.Listener, AutoCloseable {
    final FakeLease.Client way = lease.way();
    final List<String> events = new CopyOnWriteArrayList<>();
    final List<String> holders = new CopyOnWriteArrayList<>();
    final List<Throwable> failures = new CopyOnWriteArrayList<>();
    final LeaderElector elector;
    private volatile @Nullable Term term;

    Candidate(String name, @Nullable RuntimeException refusal) {
      way.refuse(refusal);
      elector = LeaderElector.start(way, name, QUICK, this);
    }

    boolean leads() {
      Term now = term;
      return now != null && now.isHeld();
    }

    @Override
    public void acquired(Term next) {
      term = next;
      events.add("acquired");
    }

    @Override
    public void lost(Term ended, String why) {
      assertThat(ended.isHeld()).isFalse();
      events.add("lost: " + why);
    }

    @Override
    public void failed(Throwable problem) {
      failures.add(problem);
    }

    @Override
    public void observed(String holder) {
      holders.add(holder);
    }

    @Override
    public void close() {
      way.unblock();
      elector.close();
    }
  }
}
