package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.netns.CollectorFixture.ProbePattern;
import io.llamamesh.agent.reflector.Disposition;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.Tally;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Drops of our own programs are not the network's loss. */
@InNamespaces
class OwnFaultIT {

  private final Lab lab = Lab.routed();
  private final Namespace left = lab.host("left");
  private final Namespace right = lab.host("right");

  @AfterEach
  void clean() {
    lab.close();
  }

  private static int total(List<ClosedWindow> windows, Tally outcome) {
    return windows.stream()
        .flatMap(window -> window.pairs().stream())
        .mapToInt(pair -> pair.count(outcome))
        .sum();
  }

  @ParameterizedTest
  @EnumSource
  void aReflectorOverItsLimitIsOverloadAndNoLoss(Stack stack) {
    try (ReflectorFixture reflecting =
            ReflectorFixture.start(
                right, CollectorFixture.nativeNetwork(), 100, CollectorFixture.PORT);
        CollectorFixture probing =
            CollectorFixture.start(left, right, stack, ProbePattern.STANDARD)) {

      // While probing goes on: the very last drops no reply can report any more.
      List<ClosedWindow> windows = probing.untilWindows(2).windows();

      assertThat(reflecting.count(Disposition.OVER_LIMIT)).isPositive();
      assertThat(total(windows, Outcome.OVERLOAD)).isPositive();
      assertThat(total(windows, Outcome.LOST)).isZero();
      assertThat(
              total(windows, Outcome.OVERLOAD)
                  + total(windows, Outcome.RECEIVED)
                  + total(windows, Outcome.LATE))
          .isEqualTo(total(windows, Attempt.SENT));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aReflectorWhoseBufferOverflowsIsOverloadAndNoLoss(Stack stack) {
    FakeSlowReadNetwork slow = new FakeSlowReadNetwork(CollectorFixture.nativeNetwork(), 4096);
    try (ReflectorFixture reflecting =
            ReflectorFixture.start(right, slow, 1_000_000, CollectorFixture.PORT);
        CollectorFixture probing =
            CollectorFixture.start(left, right, stack, ProbePattern.STANDARD)) {
      probing.untilProbed(100);
      slow.pauseReads();
      probing.untilProbed((int) probing.counters().count(Attempt.SENT) + 100);
      slow.resumeReads();
      probing.until(() -> reflecting.counters().overflows() > 0);
      int seen = probing.windows().size();

      List<ClosedWindow> windows = probing.untilWindows(seen + 5).windows();

      // Whose datagrams a full buffer dropped nobody knows: our share is right but for chance.
      int overload = total(windows, Outcome.OVERLOAD);
      assertThat(overload).isPositive();
      assertThat((double) total(windows, Outcome.LOST)).isLessThan(3 * Math.sqrt(overload));
    }
  }

  @ParameterizedTest
  @EnumSource
  void ourOwnFullReceiveBufferIsAnOwnDropAndNoLoss(Stack stack) {
    // The replies of one tick come all at once, and only two or three fit.
    UdpNetwork small = new FakeSlowReadNetwork(CollectorFixture.nativeNetwork(), 4096);
    List<InetSocketAddress> targets = new ArrayList<>(CollectorFixture.reflectors(right, stack));
    List<InetAddress> hosts = new ArrayList<>(right.addresses(Stack.DUAL));
    for (int i = 10; i < 40; i++) {
      right.ip("addr", "add", "10.83.2." + i + "/24", "dev", "eth0");
      right.ip("addr", "add", "fd83:2::" + i + "/64", "dev", "eth0", "nodad");
      for (String text : List.of("10.83.2." + i, "fd83:2::" + i)) {
        InetAddress host = InetAddress.ofLiteral(text);
        hosts.add(host);
        if (stack.has(host)) {
          targets.add(CollectorFixture.reflector(host));
        }
      }
    }
    ProbePattern manner = ProbePattern.STANDARD.ports(1).bytes(1028).every(Duration.ofMillis(20));
    try (var _ = ReflectorFixture.start(right, hosts);
        CollectorFixture probing = CollectorFixture.start(left, small, manner.towards(targets))) {

      List<ClosedWindow> windows = probing.untilWindows(2).windows();

      assertThat(total(windows, Outcome.OWN_DROP)).isPositive();
      assertThat(total(windows, Outcome.LOST)).isZero();
      assertThat(
              total(windows, Outcome.OWN_DROP)
                  + total(windows, Outcome.RECEIVED)
                  + total(windows, Outcome.LATE))
          .isEqualTo(total(windows, Attempt.SENT));
    }
  }
}
