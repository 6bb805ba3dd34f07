package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Delays of our own or of the reflector are not the network's latency. */
class StalledTest {

  private final ProberFixture mesh = new ProberFixture();

  private void start() {
    mesh.prober.apply(ProberFixture.plan(ProberFixture.pair(12, 4, 250 * MILLI)));
  }

  private List<PairResult> results() {
    return mesh.archive.after(0, 1000).windows().stream().flatMap(w -> w.pairs().stream()).toList();
  }

  private List<PairResult.Rtt> rtts() {
    return results().stream().map(PairResult::rtt).filter(Objects::nonNull).toList();
  }

  private int measured() {
    return results().stream()
        .flatMap(r -> r.paths().stream())
        .mapToInt(PairResult.Path::measured)
        .sum();
  }

  private void everyAnswerIsMeasuredOrStalled() {
    assertThat(mesh.published(Outcome.RECEIVED)).isEqualTo(mesh.published(Attempt.SENT));
    assertThat(measured() + mesh.published(Mark.STALLED))
        .isEqualTo(mesh.published(Outcome.RECEIVED));
    // The last windows are not published yet.
    assertThat(mesh.counters.count(Mark.STALLED))
        .isGreaterThanOrEqualTo(mesh.published(Mark.STALLED));
  }

  @Test
  void aProbeThatLeftLongAfterItsStampIsReceivedAndNotMeasured() {
    start();
    mesh.run(5 * SECOND);
    mesh.duringSend = () -> mesh.network.advance(5 * MILLI);
    mesh.run(30 * SECOND);

    everyAnswerIsMeasuredOrStalled();
    assertThat(mesh.published(Mark.STALLED)).isEqualTo(1);
    assertThat(rtts()).isNotEmpty().allMatch(rtt -> rtt.max() < MILLI && rtt.jitter() < MILLI);
  }

  @Test
  void aProbeThatLeftSoonEnoughIsMeasured() {
    start();
    mesh.run(5 * SECOND);
    mesh.duringSend = () -> mesh.network.advance(MILLI / 2);
    mesh.run(30 * SECOND);

    assertThat(mesh.published(Mark.STALLED)).isZero();
    assertThat(rtts()).anyMatch(rtt -> rtt.max() > MILLI / 2);
  }

  @Test
  void aReplyThatLeftLongAfterItsStampIsReceivedAndNotMeasured() {
    mesh.stalledReply = probe -> probe.sequence() % 7 == 3;
    start();
    mesh.run(40 * SECOND);

    everyAnswerIsMeasuredOrStalled();
    assertThat(mesh.published(Mark.STALLED)).isGreaterThan(40);
    assertThat(rtts()).isNotEmpty().allMatch(rtt -> rtt.max() < MILLI && rtt.jitter() < MILLI);
  }

  @Test
  void repliesThatStallOneAfterTheOtherAreAllMarked() {
    mesh.stalledReply = probe -> probe.sequence() % 16 >= 12;
    start();
    mesh.run(40 * SECOND);

    everyAnswerIsMeasuredOrStalled();
    assertThat(rtts()).isNotEmpty().allMatch(rtt -> rtt.max() < MILLI);
  }

  @Test
  void theReplyThatWouldHaveReportedItMayBeLost() {
    mesh.stalledReply = probe -> probe.sequence() % 10 == 3;
    mesh.dropReturn = probe -> probe.sequence() % 10 == 4;
    start();
    mesh.run(40 * SECOND);

    assertThat(mesh.published(Mark.STALLED)).isGreaterThan(20);
    assertThat(rtts()).isNotEmpty().allMatch(rtt -> rtt.max() < MILLI);
  }

  @Test
  void anOlderReflectorThatReportsNothingIsMeasuredAsItWas() {
    mesh.reportsStalls = false;
    mesh.stalledReply = probe -> probe.sequence() % 7 == 3;
    start();
    mesh.run(40 * SECOND);

    everyAnswerIsMeasuredOrStalled();
    assertThat(mesh.published(Mark.STALLED)).isZero();
    assertThat(rtts()).isNotEmpty().allMatch(rtt -> rtt.max() > mesh.stall);
  }

  @Test
  void aWindowWhoseAnswersAllStalledHasNoRttAndNoLoss() {
    start();
    mesh.run(15 * SECOND);
    mesh.stalledReply = probe -> true;
    mesh.run(40 * SECOND);

    List<PairResult> silent = results().stream().filter(r -> r.rtt() == null).toList();
    assertThat(silent).isNotEmpty();
    assertThat(silent)
        .allMatch(r ->
            r.count(Outcome.RECEIVED) > 0
                && r.count(Mark.STALLED) == r.count(Outcome.RECEIVED)
                && r.lossPercent() == 0);
    everyAnswerIsMeasuredOrStalled();
  }

  @Test
  void theLastAnswersOfAFlowAreMeasuredThoughNobodyJudgesThem() {
    start();
    mesh.run(15 * SECOND);
    mesh.prober.apply(ProbePlan.IDLE);
    mesh.run(20 * SECOND);

    everyAnswerIsMeasuredOrStalled();
    assertThat(measured()).isEqualTo(mesh.published(Attempt.SENT)).isPositive();
  }

  @Test
  void flowsThatProbeLessOftenThanWindowsCloseAreMeasured() {
    mesh.prober.apply(ProberFixture.plan(ProberFixture.pair(12, 2, 15 * SECOND)));
    mesh.run(100 * SECOND);

    everyAnswerIsMeasuredOrStalled();
    assertThat(measured()).isEqualTo(mesh.published(Attempt.SENT)).isGreaterThan(8);
  }

  @Test
  void probesInFlightWhileWeStalledAreStalled() {
    start();
    mesh.run(15 * SECOND);
    mesh.delay = 20 * MILLI;
    mesh.run(5 * SECOND + 10 * MILLI);
    mesh.delay = 500 * MILLI; // they arrive, and are stamped, when all goes on
    mesh.run(250 * MILLI);
    mesh.stop(2 * SECOND);
    mesh.delay = 200_000;
    mesh.run(40 * SECOND);

    assertThat(mesh.published(Mark.STALLED)).isPositive();
    everyAnswerIsMeasuredOrStalled();
  }

  @Test
  void whatCameDueIsSentOrSkipped() {
    start();
    mesh.run(20 * SECOND);
    mesh.stop(3 * SECOND);
    mesh.run(30 * SECOND);

    assertThat(mesh.published(Attempt.SKIPPED)).isBetween(40, 48);
    assertThat(mesh.counters.count(Attempt.SKIPPED))
        .isEqualTo(mesh.published(Attempt.SKIPPED))
        .isEqualTo(mesh.counters.count(CollectorCounters.Event.AGENT_PAUSED));
    // Four ports, four a second: all windows but the first, which began in its middle.
    List<ClosedWindow> windows = mesh.archive.after(1, 1000).windows();
    assertThat(windows).isNotEmpty();
    int due =
        windows.stream()
            .flatMap(w -> w.pairs().stream())
            .mapToInt(r -> r.count(Attempt.SENT) + r.count(Attempt.SKIPPED))
            .sum();
    assertThat(due).isBetween(windows.size() * 160 - 8, windows.size() * 160 + 8);
  }
}
