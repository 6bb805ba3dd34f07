package io.llamamesh.agent.burst;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.llamamesh.agent.collector.Collector;
import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.CollectorListener;
import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.net.ChannelNetwork;
import io.llamamesh.agent.net.NativeNetwork;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.reflector.Disposition;
import io.llamamesh.agent.reflector.Reflector;
import io.llamamesh.agent.reflector.ReflectorCounters;
import io.llamamesh.agent.reflector.ReflectorOptions;
import io.llamamesh.agent.reflector.SourceTable;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.Tally;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfigYaml;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The real thing: threads, sockets, loopback, keys. */
class CollectorBurstTest {

  private static final long SECOND = 1_000_000_000L;
  private static final InetAddress HERE = InetAddress.ofLiteral("127.0.0.1");
  private static final ProbeKeys KEYS =
      ProbeKeys.NONE.with(1, "sixteen bytes !!".getBytes(StandardCharsets.US_ASCII), true);

  private final ReflectorCounters reflected = new ReflectorCounters();

  static Stream<UdpNetwork> networks() {
    return Stream.of(NativeNetwork.orChannels(), new ChannelNetwork("test"));
  }

  private Reflector reflector(UdpNetwork network, int limit) throws IOException {
    return Reflector.start(
        network,
        List.of(new InetSocketAddress(HERE, 0)),
        ReflectorOptions.standard(limit, 1).withKeys(() -> KEYS, List.of()),
        reflected);
  }

  private static CollectorBurst engine(UdpNetwork network) {
    return new CollectorBurst(network, List.of(HERE), new SplittableRandom(7), () -> KEYS);
  }

  private static ProbePlan.Pair pair(InetSocketAddress target, long period) {
    return new ProbePlan.Pair(
        new ProbePlan.TrafficClass("default", 0x20, 0, SECOND, 1028),
        target,
        4,
        period,
        true,
        Map.of("dst_name", "node-2", "dst_ip", "127.0.0.1"));
  }

  private static ProbePlan plan(InetSocketAddress target, int pps) throws Exception {
    CollectorConfig config =
        CollectorConfigYaml.read(
                """
                version: 1
                ports: {default: {tos: 32}}
                port_groups: {default: [{port: default, count: 4}]}
                rate_limits: {default: {cps: 1}}
                tests: [{targets: all, port_group: default, rate_limit: default}]
                targets: {all: [{ip: 127.0.0.1, port: %d, name: node-2}]}
                """
                    .formatted(target.getPort()),
                8100)
            .config();
    ProbePlan measured = new ProbePlan(SECOND, SECOND, List.of(pair(target, SECOND)));
    return BurstTargets.of(config, measured).plan("node-2", pps);
  }

  @ParameterizedTest
  @MethodSource("networks")
  void theLossOfTheNetworkIsInsideTheIntervalAndOfWhatItLostNothingIsExcused(UdpNetwork network)
      throws Exception {
    BurstResult result;
    try (Reflector reflector = reflector(network, 1_000_000);
        LossyRelay relay = new LossyRelay(reflector.locals().getFirst(), 0.2, 20)) {
      result = engine(network).run(plan(relay.local(), 500), Duration.ofSeconds(2));

      assertThat(result.sent()).isEqualTo(relay.passed.get() + relay.dropped.get());
      assertThat(result.lost()).isEqualTo(relay.dropped.get());
    }
    // A busy machine sends fewer, and the interval is wider for it.
    assertThat(result.sent()).isBetween(200, 2 * 500 + 4);
    assertThat(result.loss().contains(20)).as("%s", result.loss()).isTrue();
    assertThat(result.loss().high() - result.loss().low())
        .isLessThan(5.5 * Math.sqrt(1_000.0 / result.sent()));
    assertThat(result.series()).hasSize(1);
    BurstResult.Series series = result.series().getFirst();
    // Of a probe whose successors are gone as well nobody knows the way.
    assertThat(series.forwardLost()).isGreaterThan(series.lost() * 9 / 10);
    assertThat(series.returnLost()).isZero();
    assertThat(series.ports()).hasSize(4);
    assertThat(series.ports().stream().mapToInt(BurstResult.SourcePort::lost).sum())
        .isEqualTo(series.lost());
    assertThat(series.rtt()).isNotNull();
    assertThat(series.rtt().p50()).isPositive().isLessThanOrEqualTo(series.rtt().max());
  }

  @ParameterizedTest
  @MethodSource("networks")
  void whatIsMeasuredMeanwhileCountsTheSameOnBothSides(UdpNetwork network) throws Exception {
    WindowArchive archive = new WindowArchive("boot");
    CollectorCounters counters = new CollectorCounters();
    BurstResult result;
    try (Reflector reflector = reflector(network, 1_000_000);
        Collector collector = collector(network, archive, counters)) {
      InetSocketAddress target = reflector.locals().getFirst();
      collector.apply(new ProbePlan(SECOND, 60 * SECOND, List.of(pair(target, SECOND / 50))));
      await().until(() -> counters.count(Outcome.RECEIVED) >= 20);

      result = engine(network).run(plan(target, 1_000), Duration.ofSeconds(1));

      assertThat(collector.awaitFinish(Duration.ofSeconds(30))).isTrue();
    }
    long sent = counters.count(Attempt.SENT);
    assertThat(sent).isGreaterThanOrEqualTo(4 * 50);
    assertThat(counters.count(Outcome.RECEIVED)).isEqualTo(sent);
    assertThat(published(archive, Attempt.SENT)).isEqualTo(sent);
    assertThat(published(archive, Outcome.RECEIVED)).isEqualTo(sent);
    assertThat(archive.after(0, 100).windows())
        .allMatch(window -> window.pairs().size() <= 1, "one pair in each window");
    // The reflector's windows have what was measured, and nothing of the burst.
    assertThat(reflected.sources().takeCounts(Set.of()))
        .containsExactly(new SourceTable.Reflected(HERE, sent));
    assertThat(reflected.bursts()).isEqualTo(result.sent());
    assertThat(result.sent()).isGreaterThan(700);
    assertThat(result.lost()).isZero();
  }

  @Test
  void aBurstTakesHalfOfTheReflectorsLimitAndLeavesTheRestToWhatIsMeasured() throws Exception {
    UdpNetwork network = NativeNetwork.orChannels();
    WindowArchive archive = new WindowArchive("boot");
    CollectorCounters counters = new CollectorCounters();
    int limit = 400;
    BurstResult result;
    double seconds;
    try (Reflector reflector = reflector(network, limit);
        Collector collector = collector(network, archive, counters)) {
      InetSocketAddress target = reflector.locals().getFirst();
      collector.apply(new ProbePlan(SECOND, 60 * SECOND, List.of(pair(target, SECOND / 10))));
      await().until(() -> counters.count(Outcome.RECEIVED) >= 20);

      long began = System.nanoTime();
      result = engine(network).run(plan(target, 1_000), Duration.ofSeconds(2));
      seconds = (System.nanoTime() - began) / (double) SECOND;

      assertThat(collector.awaitFinish(Duration.ofSeconds(30))).isTrue();
    }
    assertThat(counters.count(Outcome.RECEIVED)).isEqualTo(counters.count(Attempt.SENT));
    // Half of the limit with a tenth of a second of it in advance, and a twentieth for reports.
    assertThat(reflected.bursts())
        .isLessThanOrEqualTo((long) Math.ceil((limit / 2 + limit / 20) * (seconds + 0.1)) + 4);
    long dropped = reflected.count(Disposition.OVER_LIMIT);
    assertThat(dropped).isPositive();
    // The reflector's own drops are not the network's loss, but for those after the last report;
    // how many these are at the most is in the test of the echo, with a clock of its own.
    int excused = result.series().getFirst().excused().getOrDefault("overload", 0);
    assertThat(excused).isPositive();
    assertThat((long) result.lost() + excused).isLessThanOrEqualTo(dropped);
  }

  @Test
  void whereNoAddressIsOfTheTargetsFamilyTheReasonIsNamed() {
    CollectorBurst engine =
        new CollectorBurst(
            NativeNetwork.orChannels(),
            List.of(InetAddress.ofLiteral("::1")),
            new SplittableRandom(7),
            () -> KEYS);

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(
            () -> engine.run(plan(new InetSocketAddress(HERE, 9), 10), Duration.ofSeconds(1)))
        .withMessageContaining("no local address of the family of 127.0.0.1");
  }

  @Test
  void aBurstThatIsInterruptedEndsAtOnceAndFreesItsPorts() throws Exception {
    UdpNetwork network = NativeNetwork.orChannels();
    try (Reflector reflector = reflector(network, 1_000_000)) {
      ProbePlan plan = plan(reflector.locals().getFirst(), 100);
      CountDownLatch interrupted = new CountDownLatch(1);
      Thread thread =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  engine(network).run(plan, Duration.ofSeconds(60));
                } catch (InterruptedException e) {
                  interrupted.countDown();
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              });
      await().until(() -> reflected.bursts() > 10);

      thread.interrupt();

      assertThat(thread.join(Duration.ofSeconds(10))).isTrue();
      assertThat(interrupted.getCount()).isZero();
      assertThat(Thread.getAllStackTraces().keySet())
          .noneMatch(other -> other.getName().equals("burst"));
    }
  }

  private static Collector collector(
      UdpNetwork network, WindowArchive archive, CollectorCounters counters) throws IOException {
    return Collector.start(
        network,
        List.of(HERE),
        new SplittableRandom(99),
        archive,
        counters,
        List::of,
        () -> KEYS,
        (peer, before, now) -> {},
        new CollectorListener() {
          @Override
          public void unkeyedAnswer(InetSocketAddress target) {
            throw new AssertionError("unkeyed " + target);
          }

          @Override
          public void targetSkipped(InetSocketAddress target, String className, String reason) {
            throw new AssertionError(reason);
          }

          @Override
          public void portsTaken(long total) {}

          @Override
          public void clockStepped(long total) {}

          @Override
          public void failed(Throwable cause) {
            throw new AssertionError(cause);
          }
        });
  }

  private static long published(WindowArchive archive, Tally tally) {
    return archive.after(0, 100).windows().stream()
        .flatMap(window -> window.pairs().stream())
        .mapToLong(pair -> pair.count(tally))
        .sum();
  }
}
