package io.llamamesh.agent.agentless;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.agentless.AgentlessTarget.Flight;
import io.llamamesh.agent.collector.PeerState;
import io.llamamesh.agent.collector.PeerStatus;
import io.llamamesh.agent.collector.ProbePlan.AgentlessPair;
import io.llamamesh.agent.collector.ProbePlan.Method;
import io.llamamesh.agent.collector.ProbePlan.TrafficClass;
import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** One outcome for each probe of a host without a reflector, whatever comes back. */
class AgentlessTargetTest {

  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000 * MILLI;
  private static final int WINDOW = 3;

  private final AgentlessTarget target =
      new AgentlessTarget(
          new AgentlessPair(
              Method.ICMP,
              new TrafficClass("default", 0, 0, SECOND, 1028),
              new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 0),
              250 * MILLI,
              Map.of("dst_name", "gateway")),
          42,
          0);

  private Flight sent(long number, long at) {
    target.recordSent(at, WINDOW, false);
    return Objects.requireNonNull(target.flight(number));
  }

  private PairResult closed() {
    Map<Integer, List<PairResult>> closed = new HashMap<>();
    target.close(WINDOW, closed);
    PairResult result = closed.getOrDefault(WINDOW, List.of()).getFirst();
    assertThat(Stream.of(Outcome.values()).mapToInt(result::count).sum())
        .isEqualTo(result.count(Attempt.SENT));
    return result;
  }

  @Test
  void anAnswerInTimeIsReceivedWithItsRtt() {
    target.recordReply(sent(0, SECOND), 3 * MILLI, SECOND + 50 * MILLI);

    PairResult result = closed();
    assertThat(result.count(Outcome.RECEIVED)).isEqualTo(1);
    assertThat(Objects.requireNonNull(result.rtt()).mean()).isEqualTo(3.0 * MILLI);
    assertThat(result.lossPercent()).isZero();
    assertThat(result.tags()).containsEntry("dst_name", "gateway");
    assertThat(result.paths()).isEmpty();
  }

  @Test
  void aSecondAnswerIsADuplicateAndNoSecondOutcome() {
    Flight flight = sent(0, SECOND);
    target.recordReply(flight, 3 * MILLI, SECOND + 50 * MILLI);
    target.recordReply(flight, 4 * MILLI, SECOND + 50 * MILLI);
    target.recordReply(flight, 5 * MILLI, SECOND + 50 * MILLI);

    PairResult result = closed();
    assertThat(result.count(Outcome.RECEIVED)).isEqualTo(1);
    assertThat(result.count(Mark.DUPLICATE)).isEqualTo(2);
    assertThat(Objects.requireNonNull(result.rtt()).max()).isEqualTo(3 * MILLI);
  }

  @Test
  void anAnswerAfterThatOfALaterProbeIsReordered() {
    Flight first = sent(0, SECOND);
    Flight second = sent(1, SECOND + MILLI);
    target.recordReply(second, MILLI, SECOND + 50 * MILLI);
    target.recordReply(first, 3 * MILLI, SECOND + 50 * MILLI);

    assertThat(closed().count(Mark.REORDERED)).isEqualTo(1);
  }

  @Test
  void anAnswerAfterTheTimeoutIsLost() {
    Flight flight = sent(0, SECOND);
    target.recordReply(flight, SECOND + 1, 2 * SECOND);
    target.recordTimeout(flight, false, 2 * SECOND + MILLI, 10 * SECOND);

    assertThat(closed().count(Outcome.LOST)).isEqualTo(1);
  }

  @Test
  void aDamagedAnswerIsCorruptUnlessAWholeOneComes() {
    Flight never = sent(0, SECOND);
    Flight later = sent(1, SECOND);
    target.recordDamaged(never);
    target.recordDamaged(later);
    target.recordReply(later, 2 * MILLI, SECOND + 50 * MILLI);
    target.recordTimeout(never, false, 2 * SECOND + MILLI, 10 * SECOND);

    PairResult result = closed();
    assertThat(result.count(Outcome.CORRUPT)).isEqualTo(1);
    assertThat(result.count(Outcome.RECEIVED)).isEqualTo(1);
    assertThat(result.count(Outcome.LOST)).isZero();
  }

  @Test
  void aRefusalIsNoLossAndHasNoRtt() {
    target.recordRefused(sent(0, SECOND), SECOND + MILLI);

    PairResult result = closed();
    assertThat(result.count(Outcome.REFUSED)).isEqualTo(1);
    assertThat(result.rtt()).isNull();
    assertThat(result.lossPercent()).isNaN();
    assertThat(target.status(SECOND)).extracting(PeerStatus::state).isEqualTo(PeerState.REFUSED);
  }

  @Test
  void aConnectionThatCameByASecondSynIsALostProbe() {
    target.recordResent(sent(0, SECOND), SECOND + 900 * MILLI);

    assertThat(closed().count(Outcome.LOST)).isEqualTo(1);
    assertThat(target.status(SECOND)).isNull();
  }

  @Test
  void aSlowSendHasNoRtt() {
    target.recordSent(SECOND, WINDOW, true);
    target.recordReply(Objects.requireNonNull(target.flight(0)), 3 * MILLI, SECOND + 5 * MILLI);

    PairResult result = closed();
    assertThat(result.count(Outcome.RECEIVED)).isEqualTo(1);
    assertThat(result.count(Mark.STALLED)).isEqualTo(1);
    assertThat(result.rtt()).isNull();
  }

  @Test
  void whatCameDueWhileNobodyRanIsSkipped() {
    long due = target.due();

    target.skipMissed(due + 5 * SECOND, 100 * MILLI, WINDOW);

    PairResult result = closed();
    assertThat(result.count(Attempt.SKIPPED)).isEqualTo(19); // one of twenty can still be sent
    assertThat(result.count(Attempt.SENT)).isZero();
  }

  @Test
  void threeUnansweredMakeASuspectAndAWindowOfThemMakesItDown() {
    for (int i = 0; i < 3; i++) {
      target.recordTimeout(sent(i, i * MILLI), false, SECOND + i, 10 * SECOND);
    }
    assertThat(target.status(SECOND)).extracting(PeerStatus::state).isEqualTo(PeerState.SUSPECT);
    target.recordError(PeerError.HOST_UNREACHABLE, 11 * SECOND);
    target.recordTimeout(sent(3, 10 * SECOND), false, 11 * SECOND, 10 * SECOND);

    PeerStatus status = Objects.requireNonNull(target.status(11 * SECOND));
    assertThat(status.state()).isEqualTo(PeerState.DOWN);
    assertThat(status.lastError()).isEqualTo(PeerError.HOST_UNREACHABLE);
    assertThat(closed().count(Outcome.LOST)).isEqualTo(4);
  }

  @Test
  void anErrorIsOfTheNewestProbesOrOfNone() {
    for (int i = 0; i < 200; i++) {
      target.recordSent(i * MILLI, WINDOW, false);
    }

    assertThat(target.isRecent(199)).isTrue();
    assertThat(target.isRecent(72)).isTrue();
    assertThat(target.isRecent(71)).isFalse();
    assertThat(target.isRecent(200)).isFalse();
    assertThat(target.isRecent(-1)).isFalse();
  }

  @Test
  void windowsAreClosedOnceTheTimeOfTheirProbesIsOver() {
    var _ = sent(0, SECOND);

    assertThat(target.oldestWindow()).isEqualTo(WINDOW);
    target.suppressPending();

    assertThat(target.oldestWindow()).isEqualTo(Integer.MAX_VALUE);
    assertThat(closed().count(Outcome.SUPPRESSED)).isEqualTo(1);
    assertThat(target.hasOpenWindow()).isFalse();
  }
}
