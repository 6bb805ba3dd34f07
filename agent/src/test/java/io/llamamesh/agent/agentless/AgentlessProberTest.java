package io.llamamesh.agent.agentless;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.PeerState;
import io.llamamesh.agent.collector.PeerStatus;
import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.collector.ProbePlan.AgentlessPair;
import io.llamamesh.agent.collector.ProbePlan.Method;
import io.llamamesh.agent.collector.ProbePlan.TrafficClass;
import io.llamamesh.agent.collector.WindowSource.Results;
import io.llamamesh.agent.net.Batch;
import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.net.Poller;
import io.llamamesh.agent.net.Remote;
import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.net.TcpConnector;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.net.UdpOptions;
import io.llamamesh.agent.net.UdpSocket;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import io.llamamesh.agent.window.Tally;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Pace, windows and bounds of the prober, on a network whose clock the test sets. */
class AgentlessProberTest {

  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000 * MILLI;

  private final FakeNetwork network = new FakeNetwork();
  private final List<Results> results = new ArrayList<>();
  private final List<String> said = new ArrayList<>();
  private final AgentlessProber prober =
      new AgentlessProber(network, List.of(), new Random(7), results::add, new Said());
  private int window = 1;

  private static ProbePlan plan(Method method, int targets, long timeout) {
    List<AgentlessPair> pairs = new ArrayList<>();
    TrafficClass type = new TrafficClass("default", 0, 0, timeout, 1028);
    for (int i = 0; i < targets; i++) {
      InetAddress host = InetAddress.ofLiteral("10.1." + i / 250 + "." + (1 + i % 250));
      pairs.add(
          new AgentlessPair(
              method,
              type,
              new InetSocketAddress(host, method == Method.ICMP ? 0 : 443),
              100 * MILLI,
              Map.of("dst_name", "t" + i)));
    }
    return new ProbePlan(SECOND, 3600 * SECOND, List.of(), pairs);
  }

  /** Runs in steps of ten milliseconds; a window is a second. */
  private void run(long nanos) {
    for (long end = network.now + nanos; network.now < end; network.now += 10 * MILLI) {
      window = 1 + (int) (network.now / SECOND);
      prober.tick(window);
    }
  }

  private int total(Tally tally) {
    return results.stream()
        .flatMap(result -> result.pairs().stream())
        .mapToInt(pair -> pair.count(tally))
        .sum();
  }

  private int total(CollectorCounters.Event event) {
    return results.stream().mapToInt(r -> r.events().getOrDefault(event, 0)).sum();
  }

  @Test
  void eachTargetIsProbedOnceAPeriod() {
    network.answer = TcpConnector.Result.CONNECTED;
    prober.apply(plan(Method.TCP, 3, SECOND));

    run(10 * SECOND);
    prober.finish(window);

    assertThat(total(Attempt.SENT)).isBetween(3 * 99, 3 * 101);
    // The last ones were not waited for.
    assertThat(total(Outcome.SUPPRESSED)).isLessThanOrEqualTo(3);
    assertThat(total(Outcome.RECEIVED) + total(Outcome.SUPPRESSED)).isEqualTo(total(Attempt.SENT));
    assertThat(results).extracting(Results::windowId).isSorted().doesNotHaveDuplicates();
    assertThat(prober.isSettled()).isTrue();
  }

  @Test
  void windowsAreHandedOverHoweverMuchLongerTheTimeoutIs() {
    prober.apply(plan(Method.TCP, 1, 4 * SECOND));

    run(7_500 * MILLI);

    assertThat(results).extracting(Results::windowId).containsExactly(1, 2, 3);
    assertThat(total(Outcome.LOST)).isEqualTo(total(Attempt.SENT)).isGreaterThan(20);
    assertThat(prober.statuses()).extracting(PeerStatus::state).containsExactly(PeerState.DOWN);
  }

  @Test
  void moreConnectionsThanAreWaitedForAreSkippedAndCounted() {
    prober.apply(plan(Method.TCP, 600, SECOND));

    run(5 * SECOND);

    assertThat(network.mostOpen).isEqualTo(AgentlessProber.MAX_CONNECTING);
    assertThat(total(Attempt.SKIPPED)).isPositive();
    // Events belong to no window, and go with the next that is handed over.
    assertThat(total(CollectorCounters.Event.FLIGHTS_FULL))
        .isGreaterThanOrEqualTo(total(Attempt.SKIPPED));
    assertThat(total(Outcome.LOST)).isEqualTo(total(Attempt.SENT)).isPositive();
  }

  @Test
  void aTargetThatLeavesKeepsTheOutcomesOfItsProbesAndFreesItsConnections() {
    prober.apply(plan(Method.TCP, 2, SECOND));
    run(SECOND);

    prober.apply(plan(Method.TCP, 0, SECOND));
    run(3 * SECOND);

    assertThat(total(Outcome.LOST)).isEqualTo(total(Attempt.SENT)).isPositive();
    assertThat(network.open.size()).isZero();
    assertThat(prober.longestTimeout()).isZero();
  }

  @Test
  void whatTheSystemDoesNotSendIsNoLossAndHasItsReason() {
    network.refusal = SendResult.NO_BUFFER;
    prober.apply(plan(Method.TCP, 1, SECOND));

    run(3 * SECOND);

    assertThat(total(Attempt.SENT)).isZero();
    assertThat(total(Attempt.SEND_ERROR)).isPositive();
    assertThat(
            results.stream()
                .mapToInt(r -> r.sendErrors().getOrDefault(SendResult.NO_BUFFER, 0))
                .sum())
        .isEqualTo(total(Attempt.SEND_ERROR));
  }

  @Test
  void socketsThatCannotBeHadAreNamedOncePerTargetAndTriedAgainAfterAWhile() {
    prober.apply(plan(Method.ICMP, 3, SECOND));

    run(25 * SECOND);

    assertThat(prober.problems())
        .containsExactly(
            "10.1.0.1 (icmp): no sockets today",
            "10.1.0.2 (icmp): no sockets today",
            "10.1.0.3 (icmp): no sockets today");
    assertThat(said).hasSize(3);
    // Each target asks once, then one of them every ten seconds.
    assertThat(network.pingsAsked).isBetween(4, 6);
    assertThat(total(Attempt.SEND_ERROR)).isGreaterThan(600);
    assertThat(total(Outcome.LOST)).isZero();
  }

  @Test
  void aStallIsSkippedProbesAndNoLoss() {
    network.answer = TcpConnector.Result.CONNECTED;
    prober.apply(plan(Method.TCP, 1, SECOND));
    run(SECOND);

    network.now += 5 * SECOND;
    run(3 * SECOND);

    assertThat(total(Attempt.SKIPPED)).isBetween(48, 50);
    assertThat(total(Outcome.LOST)).isZero();
  }

  /** As where a hypervisor stops the machine: what came meanwhile is taken when it goes on. */
  @Test
  void anAnswerThatAStallHeldBackIsNoLossAndHasNoRtt() {
    network.answer = TcpConnector.Result.CONNECTED;
    prober.apply(plan(Method.TCP, 1, SECOND));
    run(SECOND);
    network.answer = null;
    run(100 * MILLI);
    int waiting = network.open.size();
    assertThat(waiting).isPositive();

    network.now += 5 * SECOND;
    run(20 * MILLI);
    network.answer = TcpConnector.Result.CONNECTED;
    run(3 * SECOND);

    assertThat(total(Outcome.LOST)).isZero();
    assertThat(total(Mark.STALLED)).isEqualTo(waiting);
    assertThat(
            results.stream()
                .flatMap(result -> result.pairs().stream())
                .map(PairResult::rtt)
                .flatMap(Stream::ofNullable)
                .mapToLong(PairResult.Rtt::max))
        .isNotEmpty()
        .allMatch(max -> max <= 20 * MILLI);
  }

  /** The kernel's timer does not wait for us: whatever we did, the first one was not answered. */
  @Test
  void aSynThatIsSentAgainIsALossThoughWeStoodStill() {
    prober.apply(plan(Method.TCP, 1, 4 * SECOND));
    run(200 * MILLI);
    network.now += SECOND;
    network.answer = TcpConnector.Result.CONNECTED;
    network.resent = true;
    run(10 * MILLI);
    int waited = network.decided;
    network.resent = false;
    run(6 * SECOND);

    assertThat(total(Outcome.LOST)).isEqualTo(waited).isPositive();
    assertThat(total(Outcome.SUPPRESSED)).isZero();
  }

  @Test
  void aResetIsRefusedAndAnUnreachableHostIsLostWithTheReason() {
    network.answer = TcpConnector.Result.REFUSED;
    prober.apply(plan(Method.TCP, 1, SECOND));
    run(3 * SECOND);

    assertThat(total(Outcome.REFUSED)).isEqualTo(total(Attempt.SENT)).isPositive();
    results.clear();
    network.answer = TcpConnector.Result.UNREACHABLE;
    run(5 * SECOND);

    assertThat(total(Outcome.LOST)).isPositive();
    assertThat(results.stream().mapToInt(r -> r.errors().getOrDefault(PeerError.OTHER, 0)).sum())
        .isPositive();
    assertThat(prober.statuses()).extracting(PeerStatus::lastError).contains(PeerError.OTHER);
  }

  @Test
  void theEndSuppressesWhatIsInFlightAndHandsAllOver() {
    prober.apply(plan(Method.TCP, 2, SECOND));
    run(500 * MILLI);
    assertThat(prober.isSettled()).isFalse();

    prober.finish(window);

    assertThat(total(Outcome.SUPPRESSED)).isEqualTo(total(Attempt.SENT)).isPositive();
    assertThat(prober.isSettled()).isTrue();
  }

  private final class Said implements AgentlessListener {
    @Override
    public void targetNotProbed(InetSocketAddress target, Method method, String reason) {
      said.add(target + " " + reason);
    }

    @Override
    public void targetProbed(InetSocketAddress target, Method method) {
      said.add(target + " probed");
    }

    @Override
    public void failed(Throwable cause) {
      throw new AssertionError(cause);
    }
  }

  /** Connections that end as the test says, and no ICMP. */
  private static final class FakeNetwork implements UdpNetwork, TcpConnector {
    final Map<Long, Long> open = new LinkedHashMap<>();
    long now = 0;
    int mostOpen;
    int pingsAsked;
    int decided;
    boolean resent;
    @Nullable SendResult refusal;
    @Nullable Result answer;

    @Override
    public UdpSocket open(InetSocketAddress local, UdpOptions options) throws IOException {
      throw new IOException("no sockets today");
    }

    @Override
    public UdpSocket openPing(InetAddress local) throws IOException {
      pingsAsked++;
      throw new IOException("no sockets today");
    }

    @Override
    public TcpConnector newConnector() {
      return this;
    }

    @Override
    public Batch newBatch(int slots, int slotBytes) {
      throw new IllegalStateException("nothing is received");
    }

    @Override
    public Poller newPoller() throws IOException {
      throw new IOException("the test ticks");
    }

    @Override
    public long realtimeNanos() {
      return now;
    }

    @Override
    public long monotonicNanos() {
      return now;
    }

    @Override
    public boolean hasKernelStamps() {
      return true;
    }

    @Override
    public String description() {
      return "fake";
    }

    @Override
    public SendResult connect(@Nullable InetAddress local, Remote to, int tos, long token) {
      if (refusal != null) {
        return refusal;
      }
      open.put(token, now);
      mostOpen = Math.max(mostOpen, open.size());
      return SendResult.SENT;
    }

    @Override
    public void poll(Sink sink) {
      Result result = answer;
      if (result != null) {
        Map<Long, Long> begun = new LinkedHashMap<>(open);
        open.clear();
        decided += begun.size();
        begun.forEach((token, since) ->
            sink.decided(
                token,
                result,
                result == Result.UNREACHABLE ? PeerError.OTHER : null,
                result == Result.CONNECTED && !resent ? now - since : 0,
                resent));
      }
    }

    @Override
    public void cancel(long token) {
      open.remove(token);
    }

    @Override
    public int open() {
      return open.size();
    }

    @Override
    public void close() {
      open.clear();
    }
  }
}
