package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.netns.CollectorFixture.ProbePattern;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import io.llamamesh.agent.window.Tally;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Faults of targets have their own outcome, and cost no other target a probe. */
@InNamespaces
class FaultyTargetIT {

  private static final long SECOND = 1_000_000_000L;
  private static final int PROBES = 500;

  private final Lab lab = Lab.routed();
  private final Namespace left = lab.host("left");
  private final Namespace right = lab.host("right");

  @AfterEach
  void clean() {
    lab.close();
  }

  private static List<InetSocketAddress> at(Stack stack, String... hosts) {
    return Stream.of(hosts)
        .map(InetAddress::ofLiteral)
        .filter(stack::has)
        .map(CollectorFixture::reflector)
        .toList();
  }

  /** Nobody has these addresses, on our own segment and behind the router. */
  private static List<InetSocketAddress> gone(Stack stack) {
    return at(stack, "10.83.1.99", "10.83.2.99", "fd83:1::99", "fd83:2::99");
  }

  private static List<InetSocketAddress> noRoute(Stack stack) {
    return at(stack, "192.0.2.1", "2001:db8::1");
  }

  private static void allAre(Tally expected, CollectorFixture probing) {
    assertThat(probing.total(expected)).isGreaterThanOrEqualTo(PROBES);
    if (expected != Attempt.SEND_ERROR) {
      assertThat(probing.total(expected)).isEqualTo(probing.total(Attempt.SENT));
    }
    for (Tally other :
        List.of(Outcome.RECEIVED, Outcome.LOST, Outcome.REFUSED, Attempt.SEND_ERROR)) {
      if (other != expected) {
        assertThat(probing.total(other)).as("%s", other).isZero();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aClosedPortIsRefusedAndNoLoss(Stack stack) {
    try (CollectorFixture probing =
        CollectorFixture.start(left, right, stack, ProbePattern.STANDARD)) {

      probing.untilProbed(PROBES).finish();

      allAre(Outcome.REFUSED, probing);
      assertThat(probing.towards(host -> true)).allMatch(pair -> Double.isNaN(pair.lossPercent()));
      assertThat(probing.counters().count(PeerError.PORT_UNREACHABLE)).isPositive();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aHostThatIsGoneIsLossNeverRefusedNorAnErrorOfSending(Stack stack) {
    try (CollectorFixture probing =
        CollectorFixture.start(left, ProbePattern.STANDARD.towards(gone(stack)))) {

      probing
          .untilProbed(PROBES)
          .until(() -> probing.counters().count(PeerError.HOST_UNREACHABLE) > 0)
          .finish();

      allAre(Outcome.LOST, probing);
    }
  }

  @ParameterizedTest
  @EnumSource
  void hostsThatAreGoneFromOurOwnSegmentTakeNoRoomOfTheOthers(Stack stack) {
    List<InetSocketAddress> all = new ArrayList<>(CollectorFixture.reflectors(right, stack));
    for (int i = 90; i < 96; i++) {
      all.addAll(at(stack, "10.83.1." + i, "fd83:1::" + i));
    }
    try (var _ = ReflectorFixture.start(right);
        CollectorFixture probing =
            CollectorFixture.start(left, ProbePattern.STANDARD.ports(1).bytes(1028).towards(all))) {

      probing
          .untilProbed(all.size() * 250)
          .until(() -> probing.counters().count(PeerError.HOST_UNREACHABLE) > 0)
          .finish();

      assertThat(probing.total(Attempt.SEND_ERROR)).isZero();
      for (InetAddress sound : right.addresses(stack)) {
        assertThat(probing.total(sound, Outcome.RECEIVED))
            .isEqualTo(probing.total(sound, Attempt.SENT))
            .isPositive();
      }
    }
  }

  static Stream<Arguments> rejections() {
    return Stream.of(Stack.values())
        .flatMap(stack ->
            Stream.of(
                Arguments.of(stack, "host-unreachable", PeerError.HOST_UNREACHABLE),
                Arguments.of(stack, "no-route", PeerError.NET_UNREACHABLE),
                Arguments.of(stack, "admin-prohibited", PeerError.ADMIN_PROHIBITED)));
  }

  @ParameterizedTest
  @MethodSource("rejections")
  void whatARouterRejectsIsLossAndTheReasonIsReported(
      Stack stack, String reject, PeerError reason) {
    lab.host("router").rule("forward", "udp dport 8100 reject with icmpx type " + reject);
    try (var _ = ReflectorFixture.start(right);
        CollectorFixture probing =
            CollectorFixture.start(left, right, stack, ProbePattern.STANDARD)) {

      probing.untilProbed(PROBES).until(() -> probing.counters().count(reason) > 0).finish();

      allAre(Outcome.LOST, probing);
      for (PeerError other : PeerError.values()) {
        assertThat(probing.counters().count(other) > 0).as("%s", other).isEqualTo(other == reason);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void withoutARouteProbesAreErrorsOfSending(Stack stack) {
    try (CollectorFixture probing =
        CollectorFixture.start(left, ProbePattern.STANDARD.towards(noRoute(stack)))) {

      probing.untilProbed(PROBES).finish();

      allAre(Attempt.SEND_ERROR, probing);
      assertThat(probing.counters().count(SendResult.UNREACHABLE))
          .isEqualTo(probing.counters().count(Attempt.SEND_ERROR));
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatOurOwnFirewallForbidsIsAnErrorOfSending(Stack stack) {
    left.rule("output", "udp dport 8100 counter name seen drop");
    try (var _ = ReflectorFixture.start(right);
        CollectorFixture probing =
            CollectorFixture.start(left, right, stack, ProbePattern.STANDARD)) {

      probing.untilProbed(PROBES).finish();

      allAre(Attempt.SEND_ERROR, probing);
      assertThat(probing.counters().count(SendResult.DENIED))
          .isEqualTo(probing.counters().count(Attempt.SEND_ERROR))
          .isEqualTo(left.seen());
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatOurOwnFirewallForbidsNowAndThenIsCountedProbeByProbe(Stack stack) {
    left.rule("output", "udp dport 8100 numgen random mod 4 < 1 counter name seen drop");
    try (var _ = ReflectorFixture.start(right);
        CollectorFixture probing =
            CollectorFixture.start(left, right, stack, ProbePattern.STANDARD)) {

      probing.untilProbed(PROBES).finish();

      assertThat(probing.total(Attempt.SEND_ERROR)).isPositive().isEqualTo(left.seen());
      assertThat(probing.total(Outcome.LOST)).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void targetsThatErrCostTheOthersNoProbe(Stack stack) {
    // Two addresses of each kind that answer, among many that fail in all ways at once.
    right.ip("addr", "add", "10.83.2.3/24", "dev", "eth0");
    right.ip("addr", "add", "10.83.2.4/24", "dev", "eth0");
    right.ip("addr", "add", "fd83:2::3/64", "dev", "eth0", "nodad");
    right.ip("addr", "add", "fd83:2::4/64", "dev", "eth0", "nodad");
    lab.host("router")
        .rule("forward", "ip daddr 10.83.2.4 reject with icmpx type admin-prohibited");
    lab.host("router")
        .rule("forward", "ip6 daddr fd83:2::4 reject with icmpx type admin-prohibited");
    List<InetSocketAddress> sound = at(stack, "10.83.2.2", "fd83:2::2");
    List<InetSocketAddress> all = new ArrayList<>(sound);
    all.addAll(at(stack, "10.83.2.3", "10.83.2.4", "fd83:2::3", "fd83:2::4")); // closed, rejected
    all.addAll(gone(stack));
    all.addAll(noRoute(stack));
    try (var _ = ReflectorFixture.start(right, right.addresses(Stack.DUAL));
        CollectorFixture probing =
            CollectorFixture.start(left, ProbePattern.STANDARD.ports(1).towards(all))) {

      probing.untilProbed(all.size() * 250).finish();

      int wanted = probing.counters().count(Attempt.SEND_ERROR) == 0 ? -1 : errors(probing, stack);
      for (InetSocketAddress target : sound) {
        InetAddress host = target.getAddress();
        assertThat(probing.total(host, Attempt.SEND_ERROR)).isZero();
        assertThat(probing.answered(host))
            .isEqualTo(probing.total(host, Attempt.SENT))
            // As many as those that the kernel refused each time: nobody's turn was skipped.
            .isBetween(wanted - 1, wanted + 1);
      }
      assertThat(probing.counters().count(CollectorCounters.Event.FLIGHTS_FULL)).isZero();
    }
  }

  private static int errors(CollectorFixture probing, Stack stack) {
    return probing.total(noRoute(stack).getFirst().getAddress(), Attempt.SEND_ERROR);
  }

  @ParameterizedTest
  @EnumSource
  void aReflectorThatComesBackIsFineWithinTwoWindows(Stack stack) {
    ReflectorFixture reflecting = ReflectorFixture.start(right);
    try (CollectorFixture probing =
        CollectorFixture.start(left, right, stack, ProbePattern.STANDARD)) {
      probing.untilProbed(100);
      reflecting.close();
      probing.until(() -> probing.counters().count(PeerError.PORT_UNREACHABLE) > 1);

      reflecting = ReflectorFixture.start(right);

      recovered(probing);
      assertThat(probing.total(Outcome.REFUSED)).isPositive();
      assertThat(probing.total(Outcome.LOST)).isZero();
    } finally {
      reflecting.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aLinkThatComesBackIsFineWithinTwoWindows(Stack stack) {
    try (var _ = ReflectorFixture.start(right);
        CollectorFixture probing =
            CollectorFixture.start(left, right, stack, ProbePattern.STANDARD)) {
      probing.untilProbed(100);
      lab.host("router").ip("link", "set", "to-right", "down");
      probing.until(() -> probing.counters().count(Outcome.LOST) > 0);

      lab.host("router").ip("link", "set", "to-right", "up");
      // The kernel drops IPv6 addresses and routes of a link that goes down.
      lab.host("router").ip("addr", "replace", "fd83:2::1/64", "dev", "to-right", "nodad");
      left.reach(right);

      recovered(probing);
      assertThat(probing.total(Outcome.LOST)).isPositive();
      assertThat(probing.total(Outcome.REFUSED)).isZero();
    }
  }

  /** The third window after now, and all that follow it, are without fault. */
  private static void recovered(CollectorFixture probing) {
    long second = Instant.now().getEpochSecond();
    long from = (second + 3) * SECOND;
    probing.until(() -> probing.windows().stream().anyMatch(w -> w.endNanos() > from + SECOND));
    probing.finish();
    List<ClosedWindow> after =
        probing.windows().stream().filter(window -> window.endNanos() > from).toList();
    assertThat(after).isNotEmpty();
    for (ClosedWindow window : after) {
      for (PairResult pair : window.pairs()) {
        assertThat(pair.count(Outcome.RECEIVED) + pair.count(Outcome.LATE))
            .isEqualTo(pair.count(Attempt.SENT))
            .isPositive();
      }
    }
  }
}
