package io.llamamesh.agent.netns;

import io.llamamesh.agent.collector.Collector;
import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.CollectorListener;
import io.llamamesh.agent.collector.PeerStatus;
import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.net.NativeNetwork;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import io.llamamesh.agent.window.Tally;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.agent.wire.ProbeKeys;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A real collector in a namespace, with windows of a second, and what it published. */
final class CollectorFixture implements AutoCloseable {

  /** Port of reflectors. */
  static final int PORT = 8100;

  /** Source port of the first flow. */
  static final int BASE_PORT = 25000;

  static final Duration TIMEOUT = Duration.ofMillis(800);
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /**
   * Pattern of probes: source ports per target, and the period of each.
   *
   * @param bytes length of a datagram
   */
  record ProbePattern(int ports, Duration period, int bytes, int tos) {

    static final ProbePattern STANDARD = new ProbePattern(4, Duration.ofMillis(10), 300, 0);

    ProbePattern every(Duration other) {
      return new ProbePattern(ports, other, bytes, tos);
    }

    ProbePattern bytes(int other) {
      return new ProbePattern(ports, period, other, tos);
    }

    ProbePattern tos(int other) {
      return new ProbePattern(ports, period, bytes, other);
    }

    ProbePattern ports(int other) {
      return new ProbePattern(other, period, bytes, tos);
    }

    ProbePlan towards(List<InetSocketAddress> targets) {
      ProbePlan.TrafficClass type =
          new ProbePlan.TrafficClass("lab", tos, BASE_PORT, TIMEOUT.toNanos(), bytes);
      return new ProbePlan(
          Duration.ofSeconds(1).toNanos(),
          Duration.ofHours(1).toNanos(),
          targets.stream().map(target -> pair(type, target)).toList());
    }

    private ProbePlan.Pair pair(ProbePlan.TrafficClass type, InetSocketAddress target) {
      return new ProbePlan.Pair(
          type, target, ports, period.toNanos(), false, Map.of("dst_ip", text(target)));
    }

    private static String text(InetSocketAddress target) {
      return target.getAddress().getHostAddress();
    }
  }

  private final WindowArchive archive = new WindowArchive("lab");
  private final CollectorCounters counters = new CollectorCounters();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final Queue<String> left = new ConcurrentLinkedQueue<>();
  private final Collector collector;

  private CollectorFixture(Namespace from, UdpNetwork network, ProbePlan plan) {
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
                new FailureListener()));
    collector.apply(plan);
  }

  /** Starts probing reflectors at all addresses of a host. */
  static CollectorFixture start(Namespace from, Namespace to, Stack stack, ProbePattern manner) {
    return start(from, manner.towards(reflectors(to, stack)));
  }

  static CollectorFixture start(Namespace from, ProbePlan plan) {
    return start(from, nativeNetwork(), plan);
  }

  static CollectorFixture start(Namespace from, UdpNetwork network, ProbePlan plan) {
    return new CollectorFixture(from, network, plan);
  }

  static UdpNetwork nativeNetwork() {
    return NativeNetwork.orChannels();
  }

  static List<InetSocketAddress> reflectors(Namespace host, Stack stack) {
    return host.addresses(stack).stream().map(CollectorFixture::reflector).toList();
  }

  static InetSocketAddress reflector(InetAddress host) {
    return new InetSocketAddress(host, PORT);
  }

  List<PeerStatus> notes() {
    return collector.peerStatuses();
  }

  CollectorCounters counters() {
    return counters;
  }

  /** Probes until this many have been sent or refused by the kernel. */
  CollectorFixture untilProbed(int probes) {
    return until(() -> counters.count(Attempt.SENT) + counters.count(Attempt.SEND_ERROR) >= probes);
  }

  CollectorFixture until(java.util.concurrent.Callable<Boolean> condition) {
    Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(condition);
    return this;
  }

  /** Probes until this many windows are complete. */
  CollectorFixture untilWindows(int windows) {
    return until(() -> archive.published() >= windows);
  }

  /** Stops sending and returns when every probe has its outcome. */
  CollectorFixture finish() {
    try {
      if (!collector.awaitFinish(PATIENCE)) {
        throw new AssertionError("probes are still in flight");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
    check();
    towards(host -> true).forEach(CollectorFixture::checkSum);
    return this;
  }

  /** Whatever happened, each probe that was sent has one outcome. */
  private static void checkSum(PairResult pair) {
    int outcomes = Stream.of(Outcome.values()).mapToInt(pair::count).sum();
    if (outcomes != pair.count(Attempt.SENT)) {
      throw new AssertionError(
          pair.count(Attempt.SENT) + " sent, " + outcomes + " outcomes: " + pair.tags());
    }
  }

  private void check() {
    if (!failures.isEmpty()) {
      throw new AssertionError("the collector died", failures.peek());
    }
  }

  List<ClosedWindow> windows() {
    check();
    return archive.after(0, 10_000).windows();
  }

  /** Results of all windows towards these targets. */
  Stream<PairResult> towards(Predicate<String> host) {
    return windows().stream()
        .flatMap(window -> window.pairs().stream())
        .filter(pair -> host.test(String.valueOf(pair.tags().get("dst_ip"))));
  }

  /** Sum over all published windows. */
  int total(Tally outcome) {
    return towards(host -> true).mapToInt(pair -> pair.count(outcome)).sum();
  }

  /** Probes that were answered; on a machine with too much to do, some of them held up by us. */
  int answered() {
    return total(Outcome.RECEIVED) + total(Outcome.LATE);
  }

  int answered(InetAddress target) {
    return total(target, Outcome.RECEIVED) + total(target, Outcome.LATE);
  }

  int total(InetAddress target, Tally outcome) {
    return towards(target.getHostAddress()::equals).mapToInt(pair -> pair.count(outcome)).sum();
  }

  /** Targets that the collector left out, and why. */
  List<String> leftOut() {
    return new ArrayList<>(left);
  }

  @Override
  public void close() {
    collector.close();
    check();
  }

  private final class FailureListener implements CollectorListener {

    @Override
    public void unkeyedAnswer(InetSocketAddress target) {}

    @Override
    public void targetSkipped(InetSocketAddress target, String className, String reason) {
      left.add(target + ": " + reason);
    }

    @Override
    public void portsTaken(long total) {
      left.add("ports were taken");
    }

    @Override
    public void clockStepped(long total) {}

    @Override
    public void failed(Throwable cause) {
      failures.add(cause);
    }
  }
}
