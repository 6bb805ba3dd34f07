package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.netns.CollectorFixture.ProbePattern;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A link that corrupts is the network's fault, although the kernel counts a wrong checksum among
 * the drops of the socket.
 */
@InNamespaces
class ChecksumIT {

  private final Lab lab = Lab.routed();
  private final Namespace left = lab.host("left");
  private final Namespace right = lab.host("right");

  @AfterEach
  void clean() {
    lab.close();
  }

  /** One packet in five from this host gets a wrong checksum on the way. */
  private void corrupt(Namespace from, String port) {
    // Else no checksum is made between namespaces of one machine.
    var _ =
        ShellCommand.run("ip", "netns", "exec", from.name(), "ethtool", "-K", "eth0", "tx", "off");
    lab.host("router")
        .rule(
            "forward",
            "udp " + port + " 8100 numgen inc mod 5 == 1 counter name seen udp checksum set 1");
  }

  @ParameterizedTest
  @EnumSource
  void aProbeThatIsCorruptedOnItsWayIsLostAndNoOverload(Stack stack) {
    corrupt(left, "dport");
    try (ReflectorFixture reflecting = ReflectorFixture.start(right);
        CollectorFixture probing =
            CollectorFixture.start(left, right, stack, ProbePattern.STANDARD)) {

      probing.untilProbed(800).finish();

      // A probe in whose sending we were stopped is counted by nobody.
      int corrupted = (int) lab.host("router").seen();
      assertThat(probing.total(Outcome.LOST)).isBetween(corrupted * 9 / 10, corrupted);
      assertThat(probing.total(Mark.FORWARD_LOST)).isPositive();
      assertThat(probing.total(Outcome.OVERLOAD)).isZero();
      assertThat(reflecting.counters().overflows()).isZero();
      assertThat(reflecting.counters().checksums()).isPositive();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aReplyThatIsCorruptedOnItsWayIsLostAndNoDropOfOurs(Stack stack) {
    corrupt(right, "sport");
    try (var _ = ReflectorFixture.start(right);
        CollectorFixture probing =
            CollectorFixture.start(left, right, stack, ProbePattern.STANDARD)) {

      probing.untilProbed(800).finish();

      // A probe in whose sending we were stopped is counted by nobody.
      int corrupted = (int) lab.host("router").seen();
      assertThat(probing.total(Outcome.LOST)).isBetween(corrupted * 9 / 10, corrupted);
      assertThat(probing.total(Outcome.OWN_DROP)).isZero();
      assertThat(probing.counters().count(CollectorCounters.Event.CHECKSUM)).isPositive();
    }
  }
}
