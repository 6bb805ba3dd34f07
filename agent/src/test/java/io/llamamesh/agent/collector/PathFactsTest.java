package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.SECOND;
import static io.llamamesh.agent.collector.ProberFixture.pair;
import static io.llamamesh.agent.collector.ProberFixture.plan;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import io.llamamesh.agent.window.PathFacts;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PathFactsTest {

  private static final int CS1 = 8;

  private final ProberFixture mesh = new ProberFixture();

  @BeforeEach
  void probe() {
    mesh.prober.apply(plan(pair(12, 4, 100 * MILLI)));
    mesh.run(20 * SECOND);
  }

  private PairResult newest() {
    return mesh.archive.newest().orElseThrow().pairs().getFirst();
  }

  @Test
  void aPathThatChangesNothingHasNoFacts() {
    assertThat(newest().facts()).isEqualTo(PathFacts.NONE);
    assertThat(newest().count(Mark.DSCP_REWRITTEN)).isZero();
    assertThat(mesh.prober.peerStatuses()).isEmpty();
  }

  @Test
  void whatARouterFindsTooLongIsNoLossAndThePathsMtuIsReported() {
    mesh.mtu = 1000;
    mesh.run(60 * SECOND);

    assertThat(mesh.published(Outcome.LOST)).isZero();
    assertThat(newest().count(Outcome.TOO_BIG)).isEqualTo(newest().count(Attempt.SENT));
    assertThat(newest().lossPercent()).isNaN();
    assertThat(newest().facts()).isEqualTo(new PathFacts(1000, -1, -1));
    assertThat(mesh.published(Attempt.SEND_ERROR)).isZero();
    assertThat(mesh.counters.count(Outcome.TOO_BIG))
        .isGreaterThanOrEqualTo(mesh.published(Outcome.TOO_BIG));
    assertThat(mesh.counters.count(PeerError.TOO_BIG)).isPositive();
    assertThat(mesh.prober.peerStatuses()).extracting(PeerStatus::pathMtu).isEqualTo(List.of(1000));
  }

  @Test
  void aPathThatTakesLongProbesAgainIsForgiven() {
    mesh.mtu = 1000;
    mesh.run(30 * SECOND);
    mesh.mtu = 0;
    mesh.run(60 * SECOND);

    assertThat(newest().facts()).isEqualTo(PathFacts.NONE);
    assertThat(newest().count(Outcome.RECEIVED)).isEqualTo(newest().count(Attempt.SENT));
    assertThat(mesh.published(Outcome.LOST)).isZero();
    assertThat(mesh.prober.peerStatuses()).isEmpty();
  }

  @Test
  void aMtuThatItsProbesFitIntoExcusesNoLoss() {
    mesh.mtu = 1000;
    mesh.run(30 * SECOND);
    mesh.mtu = 0;
    mesh.dropForward = probe -> true;
    mesh.run(60 * SECOND);

    // What was sent more than ten seconds after the last complaint is lost like any other.
    assertThat(newest().count(Outcome.LOST)).isEqualTo(newest().count(Attempt.SENT));
  }

  @Test
  void anErrorThatQuotesNoProbeInFlightProvesNothingOfThePath() {
    mesh.whenSent =
        (probe, from, bytes) -> {
          byte[] guess = bytes.clone();
          guess[3] ^= 1;
          from.fail(PeerError.TOO_BIG, probe.to(), guess, 600);
        };
    mesh.dropForward = probe -> true;
    mesh.run(60 * SECOND);

    assertThat(newest().count(Outcome.LOST)).isEqualTo(newest().count(Attempt.SENT)).isPositive();
    assertThat(newest().facts()).isEqualTo(PathFacts.NONE);
    assertThat(mesh.counters.count(PeerError.TOO_BIG)).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {1056, 5000, 67, -1})
  void aComplaintThatNamesAnMtuThatCannotBeIsNotBelieved(int mtu) {
    mesh.whenSent = (probe, from, bytes) -> from.fail(PeerError.TOO_BIG, probe.to(), bytes, mtu);
    mesh.dropForward = probe -> true;
    mesh.run(60 * SECOND);

    assertThat(newest().count(Outcome.LOST)).isEqualTo(newest().count(Attempt.SENT)).isPositive();
    assertThat(mesh.counters.count(PeerError.TOO_BIG)).isZero();
  }

  @Test
  void onePathThatIsTooNarrowHidesNoLossOfTheOthers() {
    mesh.dropForward = probe -> isNarrow(probe) || probe.sequence() % 3 == 0;
    mesh.whenSent =
        (probe, from, bytes) -> {
          if (isNarrow(probe)) {
            from.fail(PeerError.TOO_BIG, probe.to(), bytes, 600);
          }
        };
    mesh.run(60 * SECOND);

    int sent = newest().count(Attempt.SENT);
    assertThat(newest().count(Outcome.TOO_BIG)).isBetween(sent / 5, sent / 4 + 1);
    assertThat(newest().count(Outcome.LOST)).isGreaterThan(sent / 5);
  }

  /** One of its four source ports goes another way. */
  private static boolean isNarrow(ProberFixture.Probe probe) {
    return probe.sourcePort() % 4 == 0;
  }

  @Test
  void whoOverhearsProbesCannotCallTooLongWhatPassesBesideThem() {
    // One in three is lost; of every tenth probe somebody says that it is too long.
    mesh.dropForward = probe -> probe.sequence() % 3 == 0;
    mesh.whenSent =
        (probe, from, bytes) -> {
          if (probe.sequence() % 10 == 0) {
            from.fail(PeerError.TOO_BIG, probe.to(), bytes, 600);
          }
        };
    mesh.run(60 * SECOND);

    assertThat(mesh.published(Outcome.TOO_BIG) * 2).isLessThan(mesh.published(Outcome.LOST));
  }

  @Test
  void aRewrittenDscpIsReportedWithItsDirectionAndTheBitsOfCongestionAreNotOurs() {
    mesh.tosThere = CS1 << 2 | 3;
    mesh.network.arrivingTos = 3;
    mesh.run(40 * SECOND);

    assertThat(newest().facts()).isEqualTo(new PathFacts(0, CS1, -1));
    assertThat(newest().count(Mark.DSCP_REWRITTEN)).isEqualTo(newest().count(Outcome.RECEIVED));

    mesh.tosThere = 3;
    mesh.network.arrivingTos = CS1 << 2;
    mesh.run(40 * SECOND);

    assertThat(newest().facts()).isEqualTo(new PathFacts(0, -1, CS1));
  }
}
