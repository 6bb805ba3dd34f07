package io.llamamesh.bench.micro;

import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.CollectorListener;
import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.collector.Prober;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.agent.wire.ProbeKeys;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;

/** A collector's core on a played network, one tick after the other, keyed. */
final class FakeProbing {

  static final int PAIRS = 16;
  static final int PORTS = 4;

  /** Each flow has a probe per tick. */
  static final int PER_TICK = PAIRS * PORTS;

  static final long SECOND = 1_000_000_000L;
  static final long HOUR = 3600 * SECOND;
  private static final long TICK = 10_000_000L;
  private static final int TICKS = (int) (SECOND / TICK);
  private static final int BYTES = 1028;

  private final CollectorCounters counters = new CollectorCounters();
  private final FakeReflectingNetwork network;
  private final Prober prober;

  /**
   * Begins to probe.
   *
   * @param answers whether a probe, by its number, is answered
   * @param intervalNanos length of a window
   */
  FakeProbing(IntPredicate answers, long intervalNanos) {
    ProbeKeys keys = ProbeKeys.NONE.with(1, new byte[16], true);
    network = new FakeReflectingNetwork(keys, answers);
    prober =
        new Prober(
            network,
            network.newPoller(),
            List.of(InetAddress.ofLiteral("127.0.0.1")),
            new SplittableRandom(1),
            new WindowArchive("micro"),
            counters,
            List::of,
            () -> keys,
            (peer, before, now) -> {},
            new Reports());
    List<ProbePlan.Pair> pairs = new ArrayList<>();
    for (int i = 0; i < PAIRS; i++) {
      pairs.add(
          new ProbePlan.Pair(
              new ProbePlan.TrafficClass("micro", 0, 0, SECOND, BYTES),
              new InetSocketAddress(InetAddress.ofLiteral("127.0.1." + i), 8100),
              PORTS,
              TICK,
              true,
              Map.of("dst_name", "node-" + i)));
    }
    // Nothing is kept longer than a moment: what is measured is not the archive.
    prober.apply(new ProbePlan(intervalNanos, 0, pairs));
  }

  /** A tick: reads what came, settles, sends; returns how many were answered so far. */
  long tick() {
    for (long went = 0; went < TICK; went += prober.tickNanos()) {
      network.advance(Math.min(prober.tickNanos(), TICK - went));
      prober.tick();
    }
    return counters.count(Outcome.RECEIVED);
  }

  /** A second; returns how many were answered so far. */
  long window() {
    for (int i = 0; i < TICKS; i++) {
      tick();
    }
    return counters.count(Outcome.RECEIVED);
  }

  long sent() {
    return counters.count(Attempt.SENT);
  }

  long settled(Outcome outcome) {
    return counters.count(outcome);
  }

  long windows() {
    return counters.count(CollectorCounters.Event.WINDOW);
  }

  private static final class Reports implements CollectorListener {
    @Override
    public void unkeyedAnswer(InetSocketAddress target) {
      throw new IllegalStateException("an answer without the key from " + target);
    }

    @Override
    public void targetSkipped(InetSocketAddress target, String className, String reason) {
      throw new IllegalStateException("cannot probe " + target + ": " + reason);
    }

    @Override
    public void portsTaken(long total) {}

    @Override
    public void clockStepped(long total) {}

    @Override
    public void failed(Throwable cause) {
      throw new IllegalStateException(cause);
    }
  }
}
