package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.SECOND;
import static io.llamamesh.agent.collector.ProberFixture.pair;
import static io.llamamesh.agent.collector.ProberFixture.plan;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProberTest {

  private final ProberFixture mesh = new ProberFixture();

  @Test
  void aHealthyPairLosesNothingAndShowsTheRttWithoutTheResidence() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));

    mesh.run(30 * SECOND);

    assertThat(mesh.published(Outcome.LOST)).isZero();
    PairResult result = mesh.archive.newest().orElseThrow().pairs().getFirst();
    assertThat(result.count(Attempt.SENT)).isBetween(1, 160);
    assertThat(result.count(Outcome.RECEIVED)).isEqualTo(result.count(Attempt.SENT));
    assertThat(result.lossPercent()).isZero();
    assertThat(result.residenceNanos()).isEqualTo(50_000);
    PairResult.Rtt rtt = result.rtt();
    assertThat(rtt).isNotNull();
    assertThat(rtt.min()).isEqualTo(150_000);
    assertThat(rtt.p99()).isEqualTo(150_000);
    assertThat(rtt.jitter()).isZero();
  }

  @Test
  void aFullWindowHoldsWhatThePaceAsksForAndEndsAtAMultipleOfTheInterval() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));

    mesh.run(40 * SECOND);

    List<ClosedWindow> windows = mesh.archive.after(0, 100).windows();
    assertThat(windows).hasSizeGreaterThanOrEqualTo(2);
    ClosedWindow full = windows.get(1);
    assertThat(full.endNanos() % (10 * SECOND)).isZero();
    assertThat(full.pairs().getFirst().count(Attempt.SENT)).isEqualTo(160);
    assertThat(full.pairs().getFirst().paths()).hasSize(4);
  }

  @Test
  void aTickSendsNoTwoProbesOfOneFlowHoweverFastThePair() {
    mesh.prober.apply(plan(pair(12, 4, MILLI)));

    int before = 0;
    for (int tick = 0; tick < 500; tick++) {
      mesh.run(mesh.prober.tickNanos());
      List<Integer> flows =
          mesh.probes.subList(before, mesh.probes.size()).stream()
              .map(ProberFixture.Probe::flow)
              .toList();
      assertThat(flows).doesNotHaveDuplicates();
      before = mesh.probes.size();
    }
    assertThat(before).isBetween(1990, 2000);
  }

  @Test
  void aPortThatWeMayNotBindIsReportedAsItIsAndNotAsATakenOne() {
    mesh.network.forbidden = true;

    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));

    assertThat(mesh.reports).containsExactly("cannot probe default: Permission denied");
  }

  @Test
  void aTickSendsNoTwoProbesToOneTarget() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI), pair(13, 4, 250 * MILLI)));

    int before = 0;
    for (int tick = 0; tick < 500; tick++) {
      mesh.run(10 * MILLI);
      List<InetSocketAddress> targets =
          mesh.probes.subList(before, mesh.probes.size()).stream()
              .map(ProberFixture.Probe::to)
              .toList();
      assertThat(targets).doesNotHaveDuplicates();
      before = mesh.probes.size();
    }
    assertThat(before).isPositive();
  }

  @Test
  void whatIsDroppedOnTheWayThereIsForwardLoss() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.dropForward = probe -> probe.sequence() % 10 == 5;

    mesh.run(60 * SECOND);

    assertThat(mesh.published(Outcome.LOST)).isPositive();
    assertThat(mesh.published(Mark.FORWARD_LOST)).isEqualTo(mesh.published(Outcome.LOST));
    assertThat(mesh.published(Mark.RETURN_LOST)).isZero();
  }

  @Test
  void whatIsDroppedOnTheWayBackIsReturnLoss() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.dropReturn = probe -> probe.sequence() % 2 == 1;

    mesh.run(60 * SECOND);

    assertThat(mesh.published(Outcome.LOST)).isPositive();
    assertThat(mesh.published(Mark.RETURN_LOST)).isEqualTo(mesh.published(Outcome.LOST));
    assertThat(mesh.published(Mark.FORWARD_LOST)).isZero();
  }

  @Test
  void lossOnOneSourcePortShowsOnThatPathOnly() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.dropForward = probe -> probe.sourcePort() == 25002;

    mesh.run(30 * SECOND);

    PairResult result = mesh.archive.newest().orElseThrow().pairs().getFirst();
    assertThat(result.paths())
        .allSatisfy(path ->
            assertThat(path.lost()).isEqualTo(path.sourcePort() == 25002 ? path.sent() : 0));
    assertThat(result.lossPercent()).isEqualTo(25.0);
  }

  @Test
  void atFullLossThereIsNoRtt() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.dropForward = probe -> true;

    mesh.run(30 * SECOND);

    PairResult result = mesh.archive.newest().orElseThrow().pairs().getFirst();
    assertThat(result.lossPercent()).isEqualTo(100.0);
    assertThat(result.rtt()).isNull();
    assertThat(mesh.states).containsExactly("UP>SUSPECT", "SUSPECT>DOWN");
  }

  @Test
  void whenNothingCouldBeSentThereIsNoLossFigure() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.result = SendResult.DENIED;

    mesh.run(30 * SECOND);

    PairResult result = mesh.archive.newest().orElseThrow().pairs().getFirst();
    assertThat(result.count(Attempt.SENT)).isZero();
    assertThat(result.count(Attempt.SEND_ERROR)).isEqualTo(160);
    assertThat(result.lossPercent()).isNaN();
  }

  @Test
  void aClosedPortIsRefusedAndNotLost() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.run(5 * SECOND);
    mesh.refuse = probe -> true;
    int before = mesh.probes.size();
    mesh.run(30 * SECOND);
    int refused = mesh.probes.size() - before;
    mesh.refuse = probe -> false;
    mesh.run(30 * SECOND);

    assertThat(mesh.published(Outcome.LOST)).isZero();
    assertThat(mesh.published(Outcome.REFUSED)).isEqualTo(refused).isGreaterThan(400);
    assertThat(mesh.states).containsExactly("UP>REFUSED", "REFUSED>UP");
  }

  @Test
  void aSecondAnswerIsADuplicate() {
    mesh.prober.apply(plan(pair(12, 1, 250 * MILLI)));
    mesh.duplicate = probe -> probe.sequence() == 3;

    mesh.run(30 * SECOND);

    assertThat(mesh.published(Mark.DUPLICATE)).isEqualTo(1);
    assertThat(mesh.published(Outcome.LOST)).isZero();
  }

  @Test
  void anAnswerAfterTheTimeoutIsALossUnlessTheReflectorHeldItUp() {
    mesh.prober.apply(plan(pair(12, 1, 250 * MILLI)));
    mesh.delay = 1500 * MILLI;
    mesh.residence = 1400 * MILLI;
    mesh.run(40 * SECOND);
    assertThat(mesh.published(Outcome.LATE)).isPositive();
    assertThat(mesh.published(Outcome.LOST)).isZero();

    mesh.residence = 100 * MILLI;
    int late = mesh.published(Outcome.LATE);
    mesh.run(60 * SECOND);

    assertThat(mesh.published(Outcome.LOST)).isPositive();
    assertThat(mesh.published(Outcome.LATE)).isLessThan(late + 60);
  }

  @Test
  void beingStoppedForThreeSecondsIsNobodysLoss() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.run(12 * SECOND);

    mesh.stop(3 * SECOND);
    mesh.run(30 * SECOND);

    assertThat(mesh.published(Outcome.LOST)).isZero();
    assertThat(mesh.counters.count(CollectorCounters.Event.AGENT_PAUSED)).isBetween(40L, 48L);
  }

  @Test
  void aDrainingPeerIsNotCountedButAskedOnceASecondUntilItIsBack() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.run(10 * SECOND);
    mesh.draining = true;
    mesh.run(5 * SECOND);
    mesh.dropForward = probe -> true;
    mesh.run(10 * SECOND);
    mesh.dropForward = probe -> false;
    mesh.draining = false;
    mesh.run(30 * SECOND);

    assertThat(mesh.published(Outcome.LOST)).isZero();
    assertThat(mesh.probes.stream().filter(ProberFixture.Probe::hello).count()).isBetween(14L, 16L);
    assertThat(mesh.states).containsExactly("UP>DRAINING", "DRAINING>UP");
  }

  @Test
  void whatOurOwnBufferDroppedIsNoLoss() {
    mesh.prober.apply(plan(pair(12, 1, 250 * MILLI)));
    mesh.run(10 * SECOND);
    mesh.dropReturn = probe -> true;
    mesh.run(SECOND);
    mesh.dropReturn = probe -> false;
    mesh.network.sockets.getFirst().overflows = 4;
    mesh.run(30 * SECOND);

    assertThat(mesh.published(Outcome.OWN_DROP)).isEqualTo(4);
    assertThat(mesh.published(Outcome.LOST)).isZero();
  }

  @Test
  void whatAStalledMachineStampsLateIsNobodysLossAndNobodysLatency() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.run(12 * SECOND);

    // What is sent now is stamped when the machine goes on, some of it after our next look.
    mesh.delay = 1500 * MILLI;
    mesh.run(300 * MILLI);
    mesh.delay = 200_000;
    mesh.stop(1350 * MILLI);
    mesh.run(30 * SECOND);

    assertThat(mesh.published(Outcome.LOST)).isZero();
    assertThat(mesh.published(Outcome.RECEIVED)).isEqualTo(mesh.published(Attempt.SENT));
    assertThat(
            mesh.archive.after(0, 100).windows().stream()
                .flatMap(window -> window.pairs().stream())
                .mapToLong(result -> result.rtt() == null ? 0 : result.rtt().max()))
        .allMatch(rtt -> rtt < MILLI);
  }

  @Test
  void beingStoppedInTheMiddleOfATickLetsNoBurstGo() {
    mesh.prober.apply(plan(pair(12, 4, 10 * MILLI)));
    mesh.run(5 * SECOND);
    int before = mesh.probes.size();

    mesh.network.interruption = () -> mesh.network.advance(3 * SECOND);
    mesh.run(mesh.prober.tickNanos());

    assertThat(mesh.probes.size() - before).isLessThanOrEqualTo(8);
    assertThat(mesh.counters.count(CollectorCounters.Event.AGENT_PAUSED)).isGreaterThan(1150);
    mesh.run(20 * SECOND);
    assertThat(mesh.published(Outcome.LOST)).isZero();
  }

  @Test
  void aProbeInWhoseSendingWeWereStoppedIsNobodysLoss() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.run(5 * SECOND);

    // The datagram leaves, and its answer is stamped, long after its own stamp.
    mesh.duringSend = () -> mesh.network.advance(3 * SECOND);
    mesh.run(30 * SECOND);

    assertThat(mesh.published(Outcome.LOST)).isZero();
    assertThat(mesh.published(Outcome.RECEIVED)).isEqualTo(mesh.published(Attempt.SENT));
    assertThat(mesh.counters.count(CollectorCounters.Event.AGENT_PAUSED)).isPositive();
  }
}
