package io.llamamesh.agent.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.agent.net.ChannelNetwork;
import io.llamamesh.agent.net.NativeNetwork;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.net.UdpOptions;
import io.llamamesh.agent.net.UdpSocket;
import io.llamamesh.agent.reflector.Disposition;
import io.llamamesh.agent.reflector.Reflector;
import io.llamamesh.agent.reflector.ReflectorCounters;
import io.llamamesh.agent.reflector.ReflectorOptions;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.Tally;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.agent.wire.ProbeKeys;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The real thing: threads, sockets, loopback. */
class CollectorTest {

  private static final long SECOND = 1_000_000_000L;

  private final CollectorCounters counters = new CollectorCounters();
  private final ReflectorCounters reflected = new ReflectorCounters();
  private final WindowArchive archive = new WindowArchive("boot");
  private final List<String> states = new CopyOnWriteArrayList<>();
  private final List<String> reports = new CopyOnWriteArrayList<>();
  private volatile ProbeKeys keys = ProbeKeys.NONE;
  private volatile ProbeKeys reflectorKeys = ProbeKeys.NONE;
  private boolean keyed;

  static Stream<UdpNetwork> networks() {
    return Stream.of(NativeNetwork.orChannels(), new ChannelNetwork("test"));
  }

  private Reflector reflector(UdpNetwork network, InetSocketAddress at) throws IOException {
    return Reflector.start(
        network,
        List.of(at),
        ReflectorOptions.standard(1_000_000, 1).withKeys(() -> reflectorKeys, List.of()),
        reflected);
  }

  private Collector collector(UdpNetwork network) throws IOException {
    return Collector.start(
        network,
        List.of(InetAddress.ofLiteral("127.0.0.1")),
        new SplittableRandom(99),
        archive,
        counters,
        List::of,
        () -> keys,
        (peer, before, now) -> states.add(before + ">" + now),
        new CollectorListener() {
          @Override
          public void unkeyedAnswer(InetSocketAddress target) {
            reports.add("unkeyed " + target);
          }

          @Override
          public void targetSkipped(InetSocketAddress target, String className, String reason) {
            reports.add(reason);
          }

          @Override
          public void portsTaken(long total) {}

          @Override
          public void clockStepped(long total) {}

          @Override
          public void failed(Throwable cause) {
            reports.add("failed " + cause);
          }
        });
  }

  private ProbePlan plan(InetSocketAddress target) {
    ProbePlan.TrafficClass type = new ProbePlan.TrafficClass("default", 0x20, 0, SECOND, 1028);
    return new ProbePlan(
        SECOND,
        60 * SECOND,
        List.of(
            new ProbePlan.Pair(
                type, target, 4, SECOND / 50, keyed, Map.of("dst_ip", "127.0.0.1"))));
  }

  @ParameterizedTest
  @MethodSource("networks")
  void onLoopbackNothingIsLostAndFinishingPublishesEverything(UdpNetwork network) throws Exception {
    InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    try (Reflector reflector = reflector(network, any);
        Collector collector = collector(network)) {
      collector.apply(plan(reflector.locals().getFirst()));
      await().until(() -> counters.count(Outcome.RECEIVED) >= 200);

      assertThat(collector.awaitFinish(Duration.ofSeconds(30))).isTrue();
    }

    long sent = counters.count(Attempt.SENT);
    assertThat(counters.count(Outcome.RECEIVED)).isEqualTo(sent);
    assertThat(reflected.sources().takeCounts(java.util.Set.of()))
        .containsExactly(
            new io.llamamesh.agent.reflector.SourceTable.Reflected(
                InetAddress.ofLiteral("127.0.0.1"), sent));
    long published =
        archive.after(0, 100).windows().stream()
            .flatMap(window -> window.pairs().stream())
            .mapToLong(pair -> pair.count(Outcome.RECEIVED))
            .sum();
    assertThat(published).isEqualTo(sent);
    assertThat(reports).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("networks")
  void whoCannotWaitForProbesInFlightPublishesTheWindowAndCallsNothingLost(UdpNetwork network)
      throws Exception {
    try (UdpSocket silent =
            network.open(
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
                UdpOptions.standard());
        Collector collector = collector(network)) {
      ProbePlan.TrafficClass slow = new ProbePlan.TrafficClass("default", 0, 0, 60 * SECOND, 1028);
      collector.apply(
          new ProbePlan(
              SECOND,
              600 * SECOND,
              List.of(new ProbePlan.Pair(slow, silent.local(), 2, SECOND / 50, false, Map.of()))));
      await().until(() -> counters.count(Attempt.SENT) >= 100);
      assertThat(collector.longestSettleTime()).isGreaterThan(Duration.ofSeconds(60));
      collector.stopProbing();
      await().until(() -> collector.flows() == 0);
      assertThat(collector.isSettled()).isFalse();

      assertThat(collector.awaitFinish(Duration.ZERO)).isFalse();
    }

    List<ClosedWindow> windows = archive.after(0, 100).windows();
    assertThat(windows).extracting(ClosedWindow::endNanos).doesNotHaveDuplicates();
    assertThat(windows.getLast().endNanos() / SECOND)
        .isLessThanOrEqualTo(network.realtimeNanos() / SECOND + 1);
    assertThat(published(Attempt.SENT)).isEqualTo(counters.count(Attempt.SENT));
    assertThat(published(Outcome.SUPPRESSED)).isEqualTo(counters.count(Attempt.SENT));
    assertThat(published(Outcome.LOST)).isZero();
    assertThat(reports).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("networks")
  void whileTheReflectorHasNoKeyYetItsAnswersProveNothingAndAreReportedOnce(UdpNetwork network)
      throws Exception {
    keyed = true;
    keys = ProbeKeys.NONE.with(1, new byte[16], true);
    InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    try (Reflector reflector = reflector(network, any);
        Collector collector = collector(network)) {
      collector.apply(plan(reflector.locals().getFirst()));
      await().until(() -> counters.count(Outcome.LOST) >= 50);
      assertThat(reports).containsExactly("unkeyed " + reflector.locals().getFirst());

      reflectorKeys = keys;
      await().until(() -> counters.count(Outcome.RECEIVED) >= 50);
      assertThat(collector.awaitFinish(Duration.ofSeconds(30))).isTrue();
    }

    assertThat(counters.count(Outcome.CORRUPT)).isZero();
    assertThat(counters.count(Outcome.LOST) + counters.count(Outcome.RECEIVED))
        .isEqualTo(counters.count(Attempt.SENT));
    assertThat(counters.count(CollectorCounters.Event.UNKEYED_ANSWER))
        .isEqualTo(counters.count(Outcome.LOST));
  }

  @ParameterizedTest
  @MethodSource("networks")
  void ourOwnKeyedProbeThrownBackIsNoAnswer(UdpNetwork network) throws Exception {
    keyed = true;
    keys = ProbeKeys.NONE.with(1, new byte[16], true);
    DatagramChannel mirror =
        DatagramChannel.open().bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
    Thread mirroring = Thread.ofPlatform().start(() -> throwBack(mirror));
    try (Collector collector = collector(network)) {
      collector.apply(plan((InetSocketAddress) mirror.getLocalAddress()));
      await().until(() -> counters.count(Outcome.LOST) >= 20);
    } finally {
      mirror.close();
      mirroring.join();
    }

    assertThat(counters.count(Outcome.RECEIVED)).isZero();
  }

  private static void throwBack(DatagramChannel mirror) {
    ByteBuffer datagram = ByteBuffer.allocate(2000);
    try {
      while (mirror.isOpen()) {
        SocketAddress sender = mirror.receive(datagram.clear());
        mirror.send(datagram.flip(), sender);
      }
    } catch (ClosedChannelException e) {
      // that is how it ends
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private long published(Tally outcome) {
    return archive.after(0, 100).windows().stream()
        .flatMap(window -> window.pairs().stream())
        .mapToLong(pair -> pair.count(outcome))
        .sum();
  }

  @ParameterizedTest
  @MethodSource("networks")
  void aRestartWithDrainIsNobodysLoss(UdpNetwork network) throws Exception {
    InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    try (Collector collector = collector(network)) {
      InetSocketAddress at;
      try (Reflector first = reflector(network, any)) {
        at = first.locals().getFirst();
        collector.apply(plan(at));
        await().until(() -> counters.count(Outcome.RECEIVED) >= 50);
        first.drain();
        await().until(() -> states.contains("UP>DRAINING"));
        await().until(() -> reflected.sources().isQuiet(System.nanoTime()));
      }
      await().until(() -> counters.count(CollectorCounters.Event.HELLO) >= 2);
      try (Reflector second = reflector(network, at)) {
        await().until(() -> states.contains("DRAINING>UP"));
        long before = counters.count(Outcome.RECEIVED);
        await().until(() -> counters.count(Outcome.RECEIVED) >= before + 50);
        assertThat(collector.awaitFinish(Duration.ofSeconds(30))).isTrue();
        assertThat(second.locals()).containsExactly(at);
      }
    }

    assertThat(counters.count(Outcome.LOST)).isZero();
    assertThat(counters.count(Outcome.REFUSED)).isZero();
    assertThat(counters.count(Outcome.RECEIVED)).isEqualTo(counters.count(Attempt.SENT));
    assertThat(reports).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("networks")
  void keyedProbesAreAnsweredAcrossARotationAndOthersAreNot(UdpNetwork network) throws Exception {
    ProbeKeys old = ProbeKeys.NONE.with(1, new byte[16], true);
    ProbeKeys both = old.with(2, "sixteen bytes !!".getBytes(StandardCharsets.US_ASCII), false);
    ProbeKeys rotated = old.with(2, "sixteen bytes !!".getBytes(StandardCharsets.US_ASCII), true);
    InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    keyed = true;
    keys = old;
    reflectorKeys = both;
    try (Reflector reflector = reflector(network, any);
        Collector collector = collector(network)) {
      collector.apply(plan(reflector.locals().getFirst()));
      await().until(() -> counters.count(Outcome.RECEIVED) >= 50);
      keys = rotated;
      await().until(() -> counters.count(Outcome.RECEIVED) >= 100);
      assertThat(counters.count(Outcome.CORRUPT)).isZero();
      assertThat(reflected.count(Disposition.UNKEYED)).isZero();

      keys = ProbeKeys.NONE;
      await().until(() -> reflected.count(Disposition.UNKEYED) >= 10);
      assertThat(reports).isEmpty();
      keys = rotated;
      long before = counters.count(Outcome.RECEIVED);
      await().until(() -> counters.count(Outcome.RECEIVED) > before + 10);
      assertThat(reports).isEmpty();
    }
  }
}
