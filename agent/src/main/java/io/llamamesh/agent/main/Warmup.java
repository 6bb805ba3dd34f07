package io.llamamesh.agent.main;

import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.CollectorListener;
import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.collector.Prober;
import io.llamamesh.agent.net.Poller;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.reflector.Reflector;
import io.llamamesh.agent.reflector.ReflectorCounters;
import io.llamamesh.agent.reflector.ReflectorOptions;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.agent.wire.ProbeFormat;
import io.llamamesh.agent.wire.ProbeKeys;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warm-up: a prober and a reflector of their own exchange probes on the loopback for a moment.
 * First use takes milliseconds: classes are loaded, native calls linked, code compiled. That must
 * happen here, and not between the stamp of a probe and its send.
 */
final class Warmup {

  private static final Logger LOG = LoggerFactory.getLogger(Warmup.class);

  private static final long SECOND = 1_000_000_000L;
  private static final long MILLI = 1_000_000L;

  /** Probes to exchange: above the compile threshold of the flags that an agent runs with. */
  private static final int PROBES = 100;

  private static final int PORTS = 4;

  /** Longest warm-up; a tenth is enough except on a starved machine, where it matters most. */
  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  private static final int PADDING = 1000;

  private final Thread thread;

  private Warmup(UdpNetwork network, ProbeKeys keys) {
    this.thread =
        Thread.ofPlatform().name("warm-up").daemon(true).unstarted(() -> run(network, keys));
  }

  /** Starts the warm-up; returns at once. */
  static Warmup start(UdpNetwork network, ProbeKeys keys) {
    Warmup warmup = new Warmup(network, keys);
    warmup.thread.start();
    return warmup;
  }

  /** Waits until the warm-up is over, a second at most. */
  void await() {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void run(UdpNetwork network, ProbeKeys keys) {
    try {
      long answered = exchange(network, keys, TIMEOUT);
      // The warm-up takes as much memory as the real thing: free it before that starts.
      System.gc();
      LOG.debug("warmed up probes={}", answered);
    } catch (IOException | RuntimeException e) {
      // No loopback, perhaps. The first probes are slower then.
      LOG.debug("not warmed up error={}", e.toString());
    }
  }

  /** Exchanges probes until enough were answered or time is up; returns how many were. */
  static long exchange(UdpNetwork network, ProbeKeys keys, Duration longest) throws IOException {
    InetAddress here = InetAddress.getLoopbackAddress();
    CollectorCounters counters = new CollectorCounters();
    ReflectorOptions options =
        ReflectorOptions.standard(Integer.MAX_VALUE, 0).withKeys(() -> keys, List.of());
    try (Poller poller = network.newPoller();
        Reflector reflector =
            Reflector.start(
                network,
                List.of(new InetSocketAddress(here, 0)),
                options,
                new ReflectorCounters())) {
      Prober prober =
          new Prober(
              network,
              poller,
              List.of(here),
              ThreadLocalRandom.current(),
              new WindowArchive("warm-up"),
              counters,
              List::<ClosedWindow.Reflected>of,
              () -> keys,
              (peer, before, now) -> {},
              new Silent());
      try {
        prober.apply(plan(reflector.locals().getFirst()));
        long began = network.monotonicNanos();
        while (counters.count(Outcome.RECEIVED) < PROBES
            && network.monotonicNanos() - began < longest.toNanos()) {
          prober.tick();
          LockSupport.parkNanos(MILLI);
        }
      } finally {
        prober.close();
      }
    }
    return counters.count(Outcome.RECEIVED);
  }

  private static ProbePlan plan(InetSocketAddress target) {
    ProbePlan.TrafficClass type =
        new ProbePlan.TrafficClass("warm-up", 0, 0, SECOND, ProbeFormat.datagramBytes(PADDING));
    return new ProbePlan(
        10 * SECOND, 0, List.of(new ProbePlan.Pair(type, target, PORTS, MILLI, true, Map.of())));
  }

  /** Listener that ignores everything. */
  private static final class Silent implements CollectorListener {
    @Override
    public void targetSkipped(InetSocketAddress target, String className, String reason) {}

    @Override
    public void unkeyedAnswer(InetSocketAddress target) {}

    @Override
    public void portsTaken(long total) {}

    @Override
    public void clockStepped(long total) {}

    @Override
    public void failed(Throwable cause) {}
  }
}
