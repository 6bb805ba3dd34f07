package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.SECOND;
import static io.llamamesh.agent.collector.ProberFixture.pair;
import static io.llamamesh.agent.collector.ProberFixture.plan;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Ticks in which nothing is due are left out, and nothing else. */
class NextTickTest {

  private final ProberFixture mesh = new ProberFixture();

  private static ProbePlan targets(int count, int ports, long period) {
    ProbePlan.Pair[] pairs = new ProbePlan.Pair[count];
    Arrays.setAll(pairs, i -> pair(12 + i, ports, period));
    return plan(pairs);
  }

  private List<PairResult> results() {
    return mesh.archive.after(0, 1000).windows().stream().flatMap(w -> w.pairs().stream()).toList();
  }

  private List<PairResult.Rtt> rtts() {
    return results().stream().map(PairResult::rtt).filter(Objects::nonNull).toList();
  }

  /** Ticks of a second, once all has settled. */
  private double ticksPerSecond(ProbePlan plan) {
    mesh.prober.apply(plan);
    mesh.run(20 * SECOND);
    int before = mesh.ticks;
    mesh.run(100 * SECOND);
    return (mesh.ticks - before) / 100.0;
  }

  @Test
  void theTickIsAtTheLastThingThatIsDueWithinATickOfTheFirst() {
    SplittableRandom random = new SplittableRandom(0x4e71);
    for (int round = 0; round < 5000; round++) {
      long reached = random.nextLong();
      long length = random.nextLong(10 * MILLI, 40 * MILLI);
      long longest = random.nextLong(length, 250 * MILLI);
      long[] due =
          random
              .longs(random.nextInt(1, 30), 1, 300 * MILLI)
              .map(after -> reached + after)
              .toArray();
      long first = reached + Arrays.stream(due).map(at -> at - reached).min().orElseThrow();
      long together = NextTick.together(first, length);
      long last =
          reached
              + Arrays.stream(due)
                  .filter(at -> at - together <= 0)
                  .map(at -> at - reached)
                  .max()
                  .orElseThrow();

      long next = NextTick.at(reached, length, last, longest);

      assertThat(next - reached).isBetween(length, longest);
      assertThat(next - first).isLessThan(length);
      // Not early: something is due at it, or no longer wait is allowed, or no shorter one.
      assertThat(next == last || next - reached == longest || next - reached == length).isTrue();
    }
  }

  @Test
  void whateverThePlanEachProbeLeavesWithinATickOfItsTimeAndNoTwoOfAPairTogether() {
    SplittableRandom random = new SplittableRandom(0x4e72);
    for (int round = 0; round < 60; round++) {
      ProberFixture any = new ProberFixture();
      int ports = random.nextInt(1, 9);
      long period = random.nextLong(20 * MILLI, 3000 * MILLI);
      any.longestDelay = random.nextInt(3) == 0 ? 20 * MILLI : Long.MAX_VALUE;
      any.delay = random.nextLong(100_000, 900 * MILLI);
      double lost = random.nextInt(2) * 0.1;
      any.dropForward = probe -> random.nextDouble() < lost;
      Map<Integer, List<Long>> byFlow = new HashMap<>();
      long start = any.network.monotonicNanos();
      Map<InetSocketAddress, long[]> lastOfPair = new HashMap<>();
      List<Long> tooClose = new ArrayList<>();
      any.whenSent =
          (probe, from, bytes) -> {
            long now = any.network.monotonicNanos();
            byFlow.computeIfAbsent(probe.flow(), f -> new ArrayList<>()).add(now);
            // Shorter for a while where many answers came at once.
            long length = any.prober.tickNanos();
            long[] before = lastOfPair.put(probe.to(), new long[] {now, length});
            // The run's end is a tick that nobody asked for.
            boolean isEnd = now - start >= 15 * SECOND;
            if (!isEnd && before != null && now - before[0] < Math.min(before[1], length)) {
              tooClose.add(now - before[0]);
            }
          };
      any.prober.apply(targets(random.nextInt(1, 20), ports, period));
      long tick = any.prober.tickNanos();

      any.run(15 * SECOND);

      String what = ports + " ports, each " + period + " ns, ticks of " + tick + " ns";
      assertThat(byFlow).isNotEmpty();
      byFlow
          .values()
          .forEach(times -> {
            for (int k = 1; k < times.size(); k++) {
              assertThat(times.get(k) - times.getFirst() - k * period)
                  .as(what)
                  .isBetween(-tick, tick);
            }
          });
      assertThat(tooClose).as(what).isEmpty();
      assertThat((long) any.ticks).as(what).isLessThanOrEqualTo(15 * SECOND / tick + 1);
      any.prober.close();
    }
  }

  @Test
  void fewProbesMakeFewTicks() {
    // One for each probe, and hardly one for windows.
    assertThat(ticksPerSecond(targets(1, 4, 250 * MILLI))).isBetween(16.0, 16.5);
  }

  @Test
  void whereEachTickHasProbesTheyAreNoMoreThanBefore() {
    assertThat(ticksPerSecond(targets(10, 4, 250 * MILLI))).isBetween(20.0, 25.0);
  }

  @Test
  void withoutProbesThereAreFourASecond() {
    assertThat(ticksPerSecond(ProbePlan.IDLE)).isBetween(3.9, 4.5);
  }

  @Test
  void atHighRatesTicksComeByTheClock() {
    mesh.prober.apply(targets(10, 4, 50 * MILLI));
    mesh.run(SECOND);
    long asked = mesh.network.monotonicNanos();

    assertThat(mesh.prober.nextTick(asked)).isEqualTo(asked + 10 * MILLI);
  }

  @Test
  void anAnswerThatWaitsWhileTheLoopSleepsIsNotLostAndItsRttIsWhatItWas() {
    mesh.prober.apply(plan(pair(12, 1, 2 * SECOND)));
    for (long delay : new long[] {MILLI, 79 * MILLI, 95 * MILLI, 300 * MILLI, 999 * MILLI}) {
      mesh.delay = delay;
      mesh.run(20 * SECOND);
    }
    mesh.prober.apply(ProbePlan.IDLE);
    mesh.run(30 * SECOND);

    assertThat(mesh.published(Attempt.SENT)).isBetween(49, 50);
    assertThat(mesh.published(Outcome.RECEIVED)).isEqualTo(mesh.published(Attempt.SENT));
    assertThat(mesh.published(Mark.STALLED)).isZero();
    assertThat(mesh.counters.count(CollectorCounters.Event.AGENT_PAUSED)).isZero();
    assertThat(rtts()).anyMatch(rtt -> rtt.min() > 990 * MILLI && rtt.max() < 1000 * MILLI);
  }

  @Test
  void aStallWithinALongSleepIsSeenWhereAProbeIsInFlight() {
    mesh.prober.apply(plan(pair(12, 1, 2 * SECOND)));
    mesh.run(19 * SECOND);
    int before = mesh.probes.size();
    while (mesh.probes.size() == before) {
      mesh.run(MILLI);
    }
    // Asked to sleep for less, the machine stands still; the answer is stamped when it goes on.
    long asked = mesh.network.monotonicNanos();
    assertThat(mesh.prober.nextTick(asked) - asked).isBetween(40 * MILLI, 80 * MILLI);
    mesh.stop(101 * MILLI);
    mesh.run(30 * SECOND);
    assertThat(mesh.published(Mark.STALLED)).isZero(); // it had come before

    mesh.delay = 101 * MILLI;
    before = mesh.probes.size();
    while (mesh.probes.size() == before) {
      mesh.run(MILLI);
    }
    mesh.stop(102 * MILLI);
    mesh.delay = 200_000;
    mesh.run(30 * SECOND);
    assertThat(mesh.published(Mark.STALLED)).isEqualTo(1);
    assertThat(mesh.counters.count(CollectorCounters.Event.AGENT_PAUSED)).isZero();
  }

  @Test
  void aLongSleepThatWasAskedForIsNoStallAndOneBeyondItSkipsWhatCameDue() {
    mesh.prober.apply(plan(pair(12, 1, SECOND)));
    mesh.run(60 * SECOND + 500 * MILLI);
    assertThat(mesh.counters.count(CollectorCounters.Event.AGENT_PAUSED)).isZero();
    assertThat(mesh.longestAsked).isBetween(StallLimits.STALL_NANOS, NextTick.LONGEST_NANOS);

    mesh.stop(5 * SECOND);

    assertThat(mesh.counters.count(CollectorCounters.Event.AGENT_PAUSED)).isBetween(4L, 5L);
  }

  @Test
  void whoMustKnowOfRepliesSoonHearsOfThemSoon() {
    mesh.longestDelay = 20 * MILLI;
    mesh.delay = 33 * MILLI;
    mesh.prober.apply(targets(1, 4, 250 * MILLI));
    mesh.run(60 * SECOND);

    assertThat(mesh.latestHeard).isBetween(1L, 20 * MILLI);
  }

  @Test
  void windowsEndAndArePublishedInTime() {
    mesh.prober.apply(plan(pair(12, 1, 7 * SECOND)));
    long began = mesh.network.realtimeNanos();
    mesh.run(120 * SECOND);

    List<ClosedWindow> windows = mesh.archive.after(0, 1000).windows();
    assertThat(windows.getLast().endNanos()).isGreaterThanOrEqualTo(began + 100 * SECOND);
    assertThat(windows).extracting(ClosedWindow::endNanos).doesNotHaveDuplicates();
  }
}
