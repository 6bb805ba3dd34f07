package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.collector.PeerStatus;
import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.netns.CollectorFixture.ProbePattern;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import io.llamamesh.agent.window.PathFacts;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** MTU and rewritten DSCP of a path are reported per pair. */
@InNamespaces
class PathIT {

  private static final int AF21 = 18;
  private static final int CS1 = 8;
  private static final int CS3 = 24;

  private final Lab lab = Lab.routed();
  private final Namespace left = lab.host("left");
  private final Namespace right = lab.host("right");
  private final Namespace router = lab.host("router");

  @AfterEach
  void clean() {
    lab.close();
  }

  private static List<PathFacts> facts(CollectorFixture probing) {
    return probing.towards(host -> true).map(PairResult::facts).distinct().toList();
  }

  @ParameterizedTest
  @EnumSource
  void aClassThatKeepsItsDscpIsNotCalledRewritten(Stack stack) {
    try (var _ = ReflectorFixture.start(right);
        CollectorFixture probing =
            CollectorFixture.start(left, right, stack, ProbePattern.STANDARD.tos(AF21 << 2))) {

      probing.untilProbed(200).finish();

      assertThat(probing.answered()).isEqualTo(probing.total(Attempt.SENT));
      assertThat(probing.total(Mark.DSCP_REWRITTEN)).isZero();
      assertThat(facts(probing)).containsExactly(PathFacts.NONE);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDscpThatARouterRewritesIsSeenInTheDirectionInWhichItDoes(Stack stack) {
    router.rule("forward", "ip daddr 10.83.2.2 udp dport 8100 ip dscp set cs1");
    router.rule("forward", "ip6 daddr fd83:2::2 udp dport 8100 ip6 dscp set cs1");
    try (var _ = ReflectorFixture.start(right);
        CollectorFixture probing =
            CollectorFixture.start(left, right, stack, ProbePattern.STANDARD.tos(AF21 << 2))) {

      probing.untilProbed(200).finish();

      assertThat(probing.total(Mark.DSCP_REWRITTEN)).isEqualTo(probing.answered());
      assertThat(facts(probing)).containsExactly(new PathFacts(0, CS1, -1));
      assertThat(probing.total(Outcome.LOST)).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDscpThatIsRewrittenOnTheWayBackIsSeenToo(Stack stack) {
    router.rule("forward", "ip daddr 10.83.1.2 udp sport 8100 ip dscp set cs3");
    router.rule("forward", "ip6 daddr fd83:1::2 udp sport 8100 ip6 dscp set cs3");
    try (var _ = ReflectorFixture.start(right);
        CollectorFixture probing =
            CollectorFixture.start(left, right, stack, ProbePattern.STANDARD.tos(AF21 << 2))) {

      probing.untilProbed(200).finish();

      assertThat(probing.total(Mark.DSCP_REWRITTEN)).isEqualTo(probing.answered());
      assertThat(facts(probing)).containsExactly(new PathFacts(0, -1, CS3));
    }
  }

  private void narrow() {
    router.ip("link", "set", "to-right", "mtu", "1400");
    right.ip("link", "set", "eth0", "mtu", "1400");
  }

  @ParameterizedTest
  @EnumSource
  void probesThatDoNotFitThePathReportItsMtuAndAreNoLoss(Stack stack) {
    narrow();
    try (var _ = ReflectorFixture.start(right);
        CollectorFixture probing =
            CollectorFixture.start(left, right, stack, ProbePattern.STANDARD.bytes(1440))) {

      probing.untilProbed(300).until(() -> !probing.notes().isEmpty()).finish();

      assertThat(probing.total(Outcome.LOST)).isZero();
      assertThat(probing.total(Outcome.RECEIVED)).isZero();
      // All of them left: what the kernel knows of the path it need not have from a router.
      assertThat(probing.total(Outcome.TOO_BIG))
          .isEqualTo(probing.total(Attempt.SENT))
          .isPositive();
      assertThat(probing.total(Attempt.SENT)).isGreaterThanOrEqualTo(300);
      assertThat(probing.total(Attempt.SEND_ERROR)).isZero();
      assertThat(probing.counters().count(PeerError.TOO_BIG)).isPositive();
      assertThat(facts(probing)).containsExactly(new PathFacts(1400, -1, -1));
      assertThat(probing.notes()).extracting(PeerStatus::pathMtu).containsOnly(1400);
    }
  }

  @ParameterizedTest
  @EnumSource
  void probesThatDoNotFitOurOwnInterfaceAreErrorsOfSendingAndReportItsMtu(Stack stack) {
    left.ip("link", "set", "eth0", "mtu", "1400");
    try (var _ = ReflectorFixture.start(right);
        CollectorFixture probing =
            CollectorFixture.start(left, right, stack, ProbePattern.STANDARD.bytes(1440))) {

      probing.untilProbed(300).until(() -> !probing.notes().isEmpty()).finish();

      assertThat(probing.total(Attempt.SENT)).isZero();
      assertThat(probing.counters().count(SendResult.TOO_BIG))
          .isEqualTo(probing.total(Attempt.SEND_ERROR))
          .isGreaterThanOrEqualTo(300);
      assertThat(facts(probing)).containsExactly(new PathFacts(1400, -1, -1));
    }
  }

  @Test
  void repliesThatAreTooLongForTheWayBackAreCutAndNotLost() {
    router.ip(
        "route",
        "replace",
        "10.83.1.0/24",
        "dev",
        "to-left",
        "src",
        "10.83.1.1",
        "mtu",
        "lock",
        "1400");
    try (var _ = ReflectorFixture.start(right);
        CollectorFixture probing =
            CollectorFixture.start(left, right, Stack.IPV4, ProbePattern.STANDARD.bytes(1440))) {

      probing.untilProbed(200).finish();

      assertThat(probing.total(Outcome.RECEIVED)).isEqualTo(probing.total(Attempt.SENT));
    }
  }

  @ParameterizedTest
  @EnumSource
  void probesThatFitANarrowPathAreSound(Stack stack) {
    narrow();
    try (var _ = ReflectorFixture.start(right);
        CollectorFixture probing =
            CollectorFixture.start(left, right, stack, ProbePattern.STANDARD.bytes(1350))) {

      probing.untilProbed(200).finish();

      assertThat(probing.answered()).isEqualTo(probing.total(Attempt.SENT));
      assertThat(facts(probing)).containsExactly(PathFacts.NONE);
    }
  }
}
