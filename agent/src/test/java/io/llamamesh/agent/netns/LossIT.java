package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.net.ChannelNetwork;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.netns.CollectorFixture.ProbePattern;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Loss is what the network dropped, probe by probe. */
@InNamespaces
class LossIT {

  private final Lab lab = Lab.routed();
  private final Namespace left = lab.host("left");
  private final Namespace right = lab.host("right");

  @AfterEach
  void clean() {
    lab.close();
  }

  @ParameterizedTest
  @EnumSource
  void aSoundNetworkLosesNothing(Stack stack) {
    try (var _ = ReflectorFixture.start(right);
        CollectorFixture probing =
            CollectorFixture.start(left, right, stack, ProbePattern.STANDARD)) {

      probing.untilProbed(1000).finish();

      assertThat(probing.answered()).isEqualTo(probing.total(Attempt.SENT));
      assertThat(probing.total(Outcome.LOST)).isZero();
      assertThat(probing.total(Attempt.SEND_ERROR)).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void onePercentDroppedBeforeTheReceiverIsLostToTheProbe(Stack stack) {
    lossEqualsDrops(stack, "numgen random mod 100 < 1", 2000);
  }

  @ParameterizedTest
  @EnumSource
  void tenPercentDroppedBeforeTheReceiverAreLostToTheProbe(Stack stack) {
    lossEqualsDrops(stack, "numgen random mod 100 < 10", 1000);
  }

  @ParameterizedTest
  @EnumSource
  void everythingDroppedBeforeTheReceiverIsLostToTheProbe(Stack stack) {
    int lost = lossEqualsDrops(stack, "", 400);

    assertThat(lost).isGreaterThanOrEqualTo(400);
  }

  @ParameterizedTest
  @EnumSource
  void plainJavaSocketsSayTheSameOfLoss(Stack stack) {
    var _ = lossEqualsDrops(new ChannelNetwork("lab"), stack, "numgen random mod 100 < 10", 1000);
  }

  private int lossEqualsDrops(Stack stack, String chance, int probes) {
    return lossEqualsDrops(CollectorFixture.nativeNetwork(), stack, chance, probes);
  }

  private int lossEqualsDrops(UdpNetwork network, Stack stack, String chance, int probes) {
    right.rule("input", "udp dport 8100 " + chance + " counter name seen drop");
    try (var _ = ReflectorFixture.start(right);
        CollectorFixture probing =
            CollectorFixture.start(
                left,
                network,
                ProbePattern.STANDARD
                    .every(Duration.ofMillis(5))
                    .towards(CollectorFixture.reflectors(right, stack)))) {

      probing.untilProbed(probes).finish();

      long dropped = right.seen();
      assertThat(dropped).isPositive();
      assertThat(probing.total(Outcome.LOST)).isEqualTo((int) dropped);
      assertThat(probing.answered()).isEqualTo(probing.total(Attempt.SENT) - (int) dropped);
      assertThat(probing.total(Mark.RETURN_LOST)).isZero();
      return probing.total(Outcome.LOST);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whenOneSourcePortIsDroppedOnlyThatPathShowsLoss(Stack stack) {
    int bad = CollectorFixture.BASE_PORT + 1;
    right.rule("input", "udp sport " + bad + " counter name seen drop");
    try (var _ = ReflectorFixture.start(right);
        CollectorFixture probing =
            CollectorFixture.start(left, right, stack, ProbePattern.STANDARD)) {

      probing.untilProbed(800).finish();

      assertThat(paths(probing, bad)).isNotEmpty().allMatch(path -> path.lost() == path.sent());
      assertThat(probing.towards(host -> true).flatMap(pair -> pair.paths().stream()))
          .filteredOn(path -> path.sourcePort() != bad)
          .isNotEmpty()
          .allMatch(path -> path.lost() == 0);
      assertThat(probing.total(Outcome.LOST)).isEqualTo((int) right.seen());
      // Of the other paths every probe was answered, be it sent late and not measured.
      assertThat(probing.answered()).isEqualTo(probing.total(Attempt.SENT) - (int) right.seen());
    }
  }

  private static java.util.List<PairResult.Path> paths(CollectorFixture probing, int sourcePort) {
    return probing
        .towards(host -> true)
        .flatMap(pair -> pair.paths().stream())
        .filter(path -> path.sourcePort() == sourcePort)
        .toList();
  }

  @ParameterizedTest
  @EnumSource
  void halfOfTheRepliesDroppedIsLossOnTheReturnAndNoneOnTheWayThere(Stack stack) {
    left.rule("input", "udp sport 8100 numgen random mod 2 < 1 counter name seen drop");
    try (var _ = ReflectorFixture.start(right);
        CollectorFixture probing =
            CollectorFixture.start(left, right, stack, ProbePattern.STANDARD)) {

      probing.untilProbed(800).finish();

      assertThat(probing.total(Outcome.LOST)).isEqualTo((int) left.seen()).isPositive();
      assertThat(probing.total(Mark.FORWARD_LOST)).isZero();
      // The last ones are unknown: no later reply reports them.
      assertThat(probing.total(Mark.RETURN_LOST))
          .isGreaterThan(probing.total(Outcome.LOST) * 8 / 10);
    }
  }
}
