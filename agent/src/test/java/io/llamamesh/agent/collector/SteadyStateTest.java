package io.llamamesh.agent.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.llamamesh.agent.fabric.ReplyEvidence;
import io.llamamesh.agent.net.NativeNetwork;
import io.llamamesh.agent.net.Poller;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.reflector.Reflector;
import io.llamamesh.agent.reflector.ReflectorCounters;
import io.llamamesh.agent.reflector.ReflectorOptions;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.fabric.transport.FabricEvidence;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Garbage of a prober in steady state. */
class SteadyStateTest {

  private static final long SECOND = 1_000_000_000L;
  private static final InetAddress HOST = InetAddress.ofLiteral("127.0.0.1");
  private static final int WARM_UP = 100_000;
  private static final int MEASURED = 100_000;

  private final CollectorCounters counters = new CollectorCounters();
  private final ReplyEvidence evidence = new ReplyEvidence();
  private final ProbeKeys keys = ProbeKeys.NONE.with(1, new byte[16], true);

  @Test
  void probingAllocatesNothingPerProbe() throws IOException {
    UdpNetwork network = NativeNetwork.orChannels();
    assumeThat(network).as(network.description()).isInstanceOf(NativeNetwork.class);
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    ReflectorOptions options =
        ReflectorOptions.standard(1_000_000, 1).withKeys(() -> keys, List.of());
    try (Reflector reflector =
            Reflector.start(
                network,
                List.of(new InetSocketAddress(HOST, 0)),
                options,
                new ReflectorCounters());
        Poller poller = network.newPoller()) {
      Prober prober = prober(network, poller);
      prober.apply(plan(reflector.locals().getFirst()));
      evidence.observe(Map.of(reflector.locals().getFirst(), "peer"));
      probe(prober, poller, WARM_UP);

      long before = threads.getCurrentThreadAllocatedBytes();
      probe(prober, poller, MEASURED);
      long allocated = threads.getCurrentThreadAllocatedBytes() - before;

      prober.close();
      // The smallest object has 8 bytes; what is left is a little per tick, whatever its probes.
      assertThat(allocated / MEASURED).as("bytes per probe, %d in all", allocated).isLessThan(8);
      assertThat(counters.count(Outcome.RECEIVED)).isPositive();
      AtomicLong answered = new AtomicLong();
      evidence.drain(
          new FabricEvidence.Sink() {
            @Override
            public void answered(String peer, long sentAt, long roundTrip, int epoch) {
              assertThat(roundTrip).isPositive();
              answered.set(sentAt);
            }

            @Override
            public void refused(String peer) {
              throw new AssertionError(peer);
            }
          });
      assertThat(System.nanoTime() - answered.get()).isBetween(0L, 60 * SECOND);
    }
  }

  private void probe(Prober prober, Poller poller, int more) {
    long until = counters.count(Attempt.SENT) + more;
    while (counters.count(Attempt.SENT) < until) {
      prober.tick();
      poller.await(prober.tickNanos());
    }
  }

  private Prober prober(UdpNetwork network, Poller poller) {
    return new Prober(
        network,
        poller,
        List.of(HOST),
        new SplittableRandom(7),
        new WindowArchive("boot"),
        counters,
        List::of,
        () -> keys,
        evidence,
        new CollectorListener() {
          @Override
          public void unkeyedAnswer(InetSocketAddress target) {}

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

  private static ProbePlan plan(InetSocketAddress target) {
    ProbePlan.TrafficClass type = new ProbePlan.TrafficClass("default", 0x20, 0, SECOND, 1028);
    // One window for the whole test: publishing allocates, once per window.
    return new ProbePlan(
        3600 * SECOND,
        3600 * SECOND,
        List.of(new ProbePlan.Pair(type, target, 4, SECOND / 10_000, true, Map.of())));
  }
}
