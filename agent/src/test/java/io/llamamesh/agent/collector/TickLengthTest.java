package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.SECOND;
import static io.llamamesh.agent.collector.ProberFixture.pair;
import static io.llamamesh.agent.collector.ProberFixture.plan;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Outcome;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TickLengthTest {

  private static final InetSocketAddress STRANGER =
      new InetSocketAddress(InetAddress.ofLiteral("127.0.0.99"), 5);

  private final ProberFixture mesh = new ProberFixture();

  /** Ten targets, four ports to each. */
  private static ProbePlan tenTargets(long period) {
    ProbePlan.Pair[] pairs = new ProbePlan.Pair[10];
    Arrays.setAll(pairs, i -> pair(12 + i, 4, period));
    return plan(pairs);
  }

  private long tick(ProbePlan plan) {
    mesh.prober.apply(plan);
    return mesh.prober.tickNanos();
  }

  @Test
  void fewProbesMakeLongTicks() {
    assertThat(tick(plan(pair(12, 4, 250 * MILLI), pair(13, 4, 250 * MILLI))))
        .isEqualTo(40 * MILLI);
    assertThat(tick(ProbePlan.IDLE)).isEqualTo(40 * MILLI);
  }

  @Test
  void aTickIsAsLongAsEightProbesTake() {
    assertThat(tick(tenTargets(250 * MILLI))).isEqualTo(40 * MILLI);
    assertThat(tick(tenTargets(100 * MILLI))).isEqualTo(20 * MILLI);
    assertThat(tick(tenTargets(50 * MILLI))).isEqualTo(10 * MILLI);
    assertThat(tick(tenTargets(40 * MILLI))).isEqualTo(10 * MILLI);
    assertThat(tick(tenTargets(8 * MILLI))).isEqualTo(MILLI);
  }

  @Test
  void withoutKernelStampsTicksStayShort() {
    mesh.network.hasStamps = false;

    assertThat(tick(tenTargets(250 * MILLI))).isEqualTo(10 * MILLI);
    assertThat(tick(ProbePlan.IDLE)).isEqualTo(10 * MILLI);
  }

  @Test
  void theLongestTickFallsAsTheRateRises() {
    SplittableRandom random = new SplittableRandom(0x71c);
    double[] rates = random.doubles(2000, 0, 9000).sorted().toArray();
    long before = TickLength.LONGEST_NANOS;

    for (double rate : rates) {
      long longest = TickLength.longest(rate, true);

      assertThat(longest).as("at %s/s", rate).isBetween(10 * MILLI, before);
      assertThat(longest == 10 * MILLI || rate * longest / 1e9 <= TickLength.PROBES_PER_TICK)
          .as("at %s/s", rate)
          .isTrue();
      assertThat(longest).isLessThanOrEqualTo(rate >= 800 ? 10 * MILLI : 40 * MILLI);
      assertThat(TickLength.longest(rate, false)).isEqualTo(10 * MILLI);
      before = longest;
    }
  }

  @Test
  void whateverThePlanAllLimitsHold() {
    SplittableRandom random = new SplittableRandom(0x71c2);
    for (int round = 0; round < 200; round++) {
      ProberFixture any = new ProberFixture();
      any.network.receiveBufferBytes = random.nextInt(4096, 1 << 20);
      int ports = random.nextInt(1, 9);
      long period = random.nextLong(4 * MILLI, 2000 * MILLI);
      ProbePlan.Pair[] pairs = new ProbePlan.Pair[random.nextInt(1, 40)];
      Arrays.setAll(pairs, i -> pair(12 + i, ports, period));

      any.prober.apply(plan(pairs));

      long tick = any.prober.tickNanos();
      double rate = 1e9 / period * ports * pairs.length;
      double ofOnePort = rate / ports * tick / 1e9;
      String what = pairs.length + " targets, " + ports + " ports, each " + period + " ns";
      assertThat(tick).as(what).isBetween(MILLI, 40 * MILLI);
      assertThat(tick).as(what).isLessThanOrEqualTo(Math.max(MILLI, period / ports + 1));
      assertThat(
              tick == MILLI
                  || ofOnePort * TickLength.charge(pairs[0].trafficClass().datagramBytes())
                      <= any.network.receiveBufferBytes + 1)
          .as(what)
          .isTrue();
      any.prober.close();
    }
  }

  @Test
  void whoMustKnowOfRepliesSoonerMakesTicksShorter() {
    assertThat(tick(tenTargets(250 * MILLI))).isEqualTo(40 * MILLI);
    mesh.longestDelay = 20 * MILLI;
    assertThat(mesh.prober.tickNanos()).isEqualTo(20 * MILLI);
    mesh.longestDelay = MILLI;
    assertThat(mesh.prober.tickNanos()).isEqualTo(10 * MILLI);
  }

  @Test
  void aFloodedPortIsReadAsOftenAsEverUntilItIsQuiet() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.run(SECOND);
    assertThat(mesh.prober.tickNanos()).isEqualTo(40 * MILLI);
    for (int i = 0; i <= Replies.FLOOD; i++) {
      mesh.network.sockets.getLast().deliver(new byte[3], STRANGER, 0);
    }

    mesh.run(40 * MILLI);
    assertThat(mesh.prober.tickNanos()).isEqualTo(10 * MILLI);
    mesh.run(2 * SECOND);
    assertThat(mesh.prober.tickNanos()).isEqualTo(40 * MILLI);
  }

  @Test
  void aKernelThatStampsNothingThoughItShouldIsReadSoon() {
    mesh.network.stampsArrivals = false;
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.run(SECOND);

    assertThat(mesh.prober.tickNanos()).isEqualTo(10 * MILLI);
  }

  @Test
  void aLongTickThatIsLateByLessThanAStallSkipsNothing() {
    mesh.prober.apply(tenTargets(250 * MILLI));
    mesh.run(SECOND);
    mesh.stop(125 * MILLI);
    assertThat(mesh.counters.count(CollectorCounters.Event.AGENT_PAUSED)).isZero();

    mesh.stop(150 * MILLI);
    assertThat(mesh.counters.count(CollectorCounters.Event.AGENT_PAUSED)).isBetween(10L, 25L);
    mesh.run(20 * SECOND);

    assertThat(mesh.published(Outcome.RECEIVED)).isEqualTo(mesh.published(Attempt.SENT));
  }

  @Test
  void manyProbesMakeShortTicks() {
    mesh.prober.apply(plan(pair(12, 10, 2 * MILLI)));

    assertThat(mesh.prober.tickNanos()).isEqualTo(MILLI);
  }

  @Test
  void twoProbesOfAPairDoNotLeaveInOneTick() {
    mesh.prober.apply(plan(pair(12, 4, 20 * MILLI)));

    assertThat(mesh.prober.tickNanos()).isEqualTo(5 * MILLI);
  }

  @Test
  void theRepliesOfATickFillNoMoreThanHalfOfTheBuffer() {
    int datagram = pair(12, 1, 10 * MILLI).trafficClass().datagramBytes();
    // The kernel takes twice as much as it reports: four replies, of 400 a second.
    mesh.network.receiveBufferBytes = 2 * TickLength.charge(datagram);

    mesh.prober.apply(
        plan(
            pair(12, 1, 10 * MILLI),
            pair(13, 1, 10 * MILLI),
            pair(14, 1, 10 * MILLI),
            pair(15, 1, 10 * MILLI)));

    assertThat(mesh.prober.tickNanos()).isEqualTo(5 * MILLI);
  }

  @Test
  void aProbeOfAThousandBytesTakesWhatTheKernelWasSeenToTake() {
    assertThat(TickLength.charge(1028)).isEqualTo(2304);
  }
}
