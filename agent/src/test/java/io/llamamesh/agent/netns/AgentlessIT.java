package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.agentless.AgentlessListener;
import io.llamamesh.agent.agentless.AgentlessProbing;
import io.llamamesh.agent.collector.Collector;
import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.CollectorListener;
import io.llamamesh.agent.collector.PeerState;
import io.llamamesh.agent.collector.PeerStatus;
import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.collector.ProbePlan.AgentlessPair;
import io.llamamesh.agent.collector.ProbePlan.Method;
import io.llamamesh.agent.collector.ProbePlan.TrafficClass;
import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import io.llamamesh.agent.window.Tally;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.agent.wire.ProbeKeys;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Hosts without an agent, probed by the kernel's own ICMP and TCP. */
@InNamespaces
class AgentlessIT {

  private static final int PORT = 443;
  private static final int CLOSED_PORT = 444;
  private static final Duration TIMEOUT = Duration.ofMillis(800);

  /** Classes of one target: each has at most ten probes a second. */
  private static final int CLASSES = 8;

  private final Lab lab = Lab.routed();
  private final Namespace left = lab.host("left");
  private final Namespace right = lab.host("right");

  AgentlessIT() {
    left.sysctl("net.ipv4.ping_group_range", "0 2147483647");
  }

  @AfterEach
  void clean() {
    lab.close();
  }

  private static ProbePlan plan(Method method, int port, Duration timeout, List<String> hosts) {
    List<AgentlessPair> pairs = new ArrayList<>();
    for (int i = 0; i < CLASSES; i++) {
      TrafficClass type = new TrafficClass("c" + i, 0, 0, timeout.toNanos(), 300);
      for (String host : hosts) {
        pairs.add(
            new AgentlessPair(
                method,
                type,
                new InetSocketAddress(InetAddress.ofLiteral(host), port),
                AgentlessPair.LEAST_PERIOD_NANOS,
                Map.of("dst_ip", host, "port", type.name())));
      }
    }
    return new ProbePlan(
        Duration.ofSeconds(1).toNanos(), Duration.ofHours(1).toNanos(), List.of(), pairs);
  }

  private ProbePlan towardsRight(Method method, Stack stack) {
    return plan(method, method == Method.ICMP ? 0 : PORT, TIMEOUT, hosts(stack));
  }

  private List<String> hosts(Stack stack) {
    return right.addresses(stack).stream().map(InetAddress::getHostAddress).toList();
  }

  @ParameterizedTest
  @EnumSource
  void hostsThatAnswerLoseNothingAndHaveAnRtt(Method method) {
    try (var _ = new Listener(right);
        Probing probing = new Probing(left, towardsRight(method, Stack.DUAL))) {

      probing.untilSent(200).finish();

      assertThat(probing.total(Outcome.RECEIVED)).isEqualTo(probing.total(Attempt.SENT));
      assertThat(probing.total(Outcome.RECEIVED)).isGreaterThanOrEqualTo(200);
      assertThat(probing.total(Attempt.SEND_ERROR)).isZero();
      assertThat(probing.total(Mark.DUPLICATE)).isZero();
      assertThat(probing.results().flatMap(pair -> Stream.ofNullable(pair.rtt())))
          .isNotEmpty()
          .allMatch(rtt -> rtt.min() > 0 && rtt.max() < TIMEOUT.toNanos());
      assertThat(probing.problems()).isEmpty();
      assertThat(probing.agentless.statuses()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aQuarterDroppedBeforeTheHostIsLostProbeByProbe(Method method) {
    right.rule("input", rule(method) + " numgen random mod 4 < 1 counter name seen drop");
    try (var _ = new Listener(right);
        Probing probing = new Probing(left, towardsRight(method, Stack.DUAL))) {

      probing.untilSent(400).finish();

      int sent = probing.total(Attempt.SENT);
      int lost = probing.total(Outcome.LOST);
      int seen = (int) right.seen();
      // A machine that stood still sent some that it does not count, and SYNs a second time.
      int uncounted = probing.total(Attempt.SKIPPED) + (method == Method.TCP ? seen / 10 : 0);
      assertThat(lost).isBetween(seen - uncounted, seen);
      assertThat(probing.total(Outcome.RECEIVED)).isEqualTo(sent - lost);
      assertThat(lost).isBetween(sent * 15 / 100, sent * 35 / 100);
    }
  }

  private static String rule(Method method) {
    return method == Method.ICMP
        ? "meta l4proto { icmp, ipv6-icmp } @th,0,8 { 8, 128 }"
        : "tcp dport " + PORT + " tcp flags & (syn | ack) == syn";
  }

  @Test
  void aSynThatHasToBeSentAgainIsALostProbeHoweverLongTheTimeout() {
    right.rule("input", rule(Method.TCP) + " numgen random mod 4 < 1 counter name seen drop");
    try (var _ = new Listener(right);
        Probing probing =
            new Probing(left, plan(Method.TCP, PORT, Duration.ofMillis(2500), hosts(Stack.IPV4)))) {

      probing.untilSent(200).finish();

      int sent = probing.total(Attempt.SENT);
      // The rule counts the second and third SYN, too.
      assertThat(probing.total(Outcome.LOST))
          .isPositive()
          .isLessThanOrEqualTo((int) right.seen())
          .isBetween(sent * 13 / 100, sent * 37 / 100);
      assertThat(probing.results().flatMap(pair -> Stream.ofNullable(pair.rtt())))
          .allMatch(rtt -> rtt.max() < Duration.ofMillis(900).toNanos());
    }
  }

  @Test
  void aClosedPortIsRefusedAndNoLoss() {
    try (Probing probing =
        new Probing(left, plan(Method.TCP, CLOSED_PORT, TIMEOUT, hosts(Stack.DUAL)))) {

      probing.untilSent(100).until(() -> !probing.agentless.statuses().isEmpty());
      assertThat(probing.agentless.statuses())
          .extracting(PeerStatus::state)
          .contains(PeerState.REFUSED);
      probing.finish();

      assertThat(probing.total(Outcome.REFUSED)).isEqualTo(probing.total(Attempt.SENT));
      assertThat(probing.results()).allMatch(pair -> Double.isNaN(pair.lossPercent()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aHostThatIsGoneIsLossAndTheReasonIsReported(Method method) {
    int port = method == Method.ICMP ? 0 : PORT;
    List<String> gone = List.of("10.83.1.99", "10.83.2.99", "fd83:1::99", "fd83:2::99");
    // Longer than it takes the kernel to miss a neighbour, after which TCP knows.
    Duration timeout = method == Method.ICMP ? TIMEOUT : Duration.ofSeconds(4);
    try (Probing probing = new Probing(left, plan(method, port, timeout, gone))) {

      probing
          .untilSent(100)
          .until(() -> probing.counters.count(PeerError.HOST_UNREACHABLE) > 0)
          .finish();

      assertThat(probing.total(Outcome.LOST))
          .isEqualTo(probing.total(Attempt.SENT))
          .isGreaterThanOrEqualTo(100);
      assertThat(probing.results().filter(pair -> pair.count(Attempt.SENT) > 0))
          .allMatch(pair -> pair.lossPercent() == 100.0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void withoutARouteProbesAreErrorsOfSending(Method method) {
    int port = method == Method.ICMP ? 0 : PORT;
    List<String> unreachable = List.of("192.0.2.1", "2001:db8::1");
    try (Probing probing = new Probing(left, plan(method, port, TIMEOUT, unreachable))) {

      probing.until(() -> probing.counters.count(Attempt.SEND_ERROR) > 50).finish();

      assertThat(probing.total(Attempt.SENT)).isZero();
      assertThat(probing.counters.count(SendResult.UNREACHABLE))
          .isEqualTo(probing.counters.count(Attempt.SEND_ERROR));
    }
  }

  @Test
  void whatOurOwnFirewallForbidsIsAnErrorOfSendingAndNoLoss() {
    left.rule("output", rule(Method.ICMP) + " counter name seen drop");
    try (Probing probing = new Probing(left, towardsRight(Method.ICMP, Stack.IPV4))) {

      probing.until(() -> probing.counters.count(Attempt.SEND_ERROR) > 50).finish();

      assertThat(probing.total(Outcome.LOST)).isZero();
      assertThat(probing.counters.count(SendResult.DENIED))
          .isEqualTo(probing.counters.count(Attempt.SEND_ERROR));
    }
  }

  @Test
  void whereIcmpIsNotPermittedWordsSaySoUntilItIs() {
    left.sysctl("net.ipv4.ping_group_range", "1 0");
    try (Probing probing = new Probing(left, towardsRight(Method.ICMP, Stack.DUAL))) {

      probing.until(() -> probing.counters.count(SendResult.DENIED) > 20);

      assertThat(probing.problems())
          .hasSize(2)
          .allMatch(line -> line.contains(" (icmp): ICMP is not permitted"))
          .allMatch(line -> line.contains("net.ipv4.ping_group_range=\"0 2147483647\""))
          .anyMatch(line -> line.startsWith("10.83.2.2 "));
      assertThat(probing.notProbed).hasSize(2);
      assertThat(probing.total(Outcome.LOST)).isZero();

      left.sysctl("net.ipv4.ping_group_range", "0 2147483647");

      probing.until(() -> probing.counters.count(Outcome.RECEIVED) > 20);
      assertThat(probing.problems()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTargetThatGoesAndComesBackKeepsEachProbesOutcome(Method method) {
    ProbePlan plan = towardsRight(method, Stack.IPV4);
    try (var _ = new Listener(right);
        Probing probing = new Probing(left, plan)) {
      probing.untilSent(50);

      probing.collector.apply(
          new ProbePlan(plan.intervalNanos(), plan.retentionNanos(), List.of()));
      probing.collector.apply(plan);
      probing.untilSent(100).finish();

      assertThat(probing.total(Outcome.RECEIVED)).isEqualTo(probing.total(Attempt.SENT));
    }
  }

  /** A listener on a TCP port that accepts all. */
  private static final class Listener implements AutoCloseable {
    private final ServerSocket server;
    private final Thread accepting;

    Listener(Namespace host) {
      server = host.call(() -> new ServerSocket(PORT, 500));
      accepting = Thread.ofPlatform().daemon(true).start(this::accept);
    }

    private void accept() {
      while (!server.isClosed()) {
        try {
          server.accept().close();
        } catch (IOException e) {
          // it is closed, or a connection was reset before it was accepted
        }
      }
    }

    @Override
    public void close() {
      try {
        server.close();
        assertThat(accepting.join(Duration.ofSeconds(10))).isTrue();
      } catch (IOException | InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** A collector without reflectors to probe, and what it published. */
  private static final class Probing implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    final WindowArchive archive = new WindowArchive("lab");
    final CollectorCounters counters = new CollectorCounters();
    final Queue<String> notProbed = new ConcurrentLinkedQueue<>();
    final Queue<Throwable> failed = new ConcurrentLinkedQueue<>();
    final AgentlessProbing agentless;
    final Collector collector;

    Probing(Namespace from, ProbePlan plan) {
      var network = CollectorFixture.nativeNetwork();
      agentless =
          new AgentlessProbing(
              network,
              from.addresses(Stack.DUAL),
              ThreadLocalRandom.current(),
              new FailureListener());
      collector =
          from.call(() ->
              Collector.start(
                  network,
                  from.addresses(Stack.DUAL),
                  ThreadLocalRandom.current(),
                  archive,
                  counters,
                  List::of,
                  () -> ProbeKeys.NONE,
                  (peer, before, now) -> {},
                  new FailureListener(),
                  agentless));
      collector.apply(plan);
    }

    List<String> problems() {
      return agentless.problems();
    }

    /** Probes until this many were published as sent. */
    Probing untilSent(int probes) {
      return until(() -> counters.count(Attempt.SENT) >= probes);
    }

    Probing until(Callable<Boolean> condition) {
      Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(condition);
      return this;
    }

    void finish() {
      try {
        assertThat(collector.awaitFinish(PATIENCE)).isTrue();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      assertThat(failed).isEmpty();
      results()
          .forEach(pair ->
              assertThat(Stream.of(Outcome.values()).mapToInt(pair::count).sum())
                  .isEqualTo(pair.count(Attempt.SENT)));
    }

    Stream<PairResult> results() {
      return archive.after(0, 10_000).windows().stream().flatMap(w -> w.pairs().stream());
    }

    int total(Tally tally) {
      return results().mapToInt(pair -> pair.count(tally)).sum();
    }

    @Override
    public void close() {
      collector.close();
      agentless.close();
      assertThat(failed).isEmpty();
    }

    private final class FailureListener implements CollectorListener, AgentlessListener {
      @Override
      public void targetNotProbed(InetSocketAddress target, Method method, String reason) {
        notProbed.add(target + " " + reason);
      }

      @Override
      public void targetProbed(InetSocketAddress target, Method method) {}

      @Override
      public void targetSkipped(InetSocketAddress target, String className, String reason) {}

      @Override
      public void unkeyedAnswer(InetSocketAddress target) {}

      @Override
      public void portsTaken(long total) {}

      @Override
      public void clockStepped(long total) {}

      @Override
      public void failed(Throwable cause) {
        failed.add(Objects.requireNonNull(cause));
      }
    }
  }
}
