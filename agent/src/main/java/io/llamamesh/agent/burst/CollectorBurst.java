package io.llamamesh.agent.burst;

import io.llamamesh.agent.collector.Collector;
import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.CollectorListener;
import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.agent.wire.ProbeKeys;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Engine of bursts on real sockets: a collector of its own for each, with its own ports, flows,
 * nonces, counters and windows, which ends with the burst.
 */
public final class CollectorBurst implements BurstEngine {

  private static final Logger LOG = LoggerFactory.getLogger(CollectorBurst.class);

  private final UdpNetwork network;
  private final List<InetAddress> locals;
  private final RandomGenerator random;
  private final Supplier<ProbeKeys> keys;

  /**
   * An engine.
   *
   * @param locals addresses to send from
   * @param random source of nonces; must be hard to guess
   * @param keys the present keys
   */
  public CollectorBurst(
      UdpNetwork network,
      List<InetAddress> locals,
      RandomGenerator random,
      Supplier<ProbeKeys> keys) {
    this.network = network;
    this.locals = List.copyOf(locals);
    this.random = random;
    this.keys = keys;
  }

  @Override
  public BurstResult run(ProbePlan plan, Duration length) throws IOException, InterruptedException {
    WindowArchive archive = new WindowArchive("burst");
    Watch watch = new Watch();
    try (Collector collector =
        Collector.startBurst(
            network, locals, random, archive, new CollectorCounters(), keys, watch)) {
      collector.apply(plan);
      if (!watch.failed.await(length.toNanos(), TimeUnit.NANOSECONDS)) {
        var _ = collector.awaitFinish(collector.longestSettleTime());
      }
    }
    Throwable cause = watch.cause;
    if (cause != null) {
      throw new IOException("the burst failed, see the agent's log: " + cause);
    }
    BurstResult result = BurstResult.of(archive.after(0, Integer.MAX_VALUE).windows());
    String skipped = watch.skipped;
    if (result.series().isEmpty() && skipped != null) {
      throw new IOException(skipped);
    }
    return result;
  }

  /** Listener that keeps what makes a burst worthless. */
  private static final class Watch implements CollectorListener {
    private final CountDownLatch failed = new CountDownLatch(1);
    private volatile @Nullable Throwable cause;
    private volatile @Nullable String skipped;

    @Override
    public void targetSkipped(InetSocketAddress target, String className, String reason) {
      LOG.warn("burst skips target target={} class={} error={}", target, className, reason);
      skipped = reason;
    }

    @Override
    public void unkeyedAnswer(InetSocketAddress target) {
      LOG.warn("burst ignores unkeyed answers target={}", target);
    }

    @Override
    public void portsTaken(long total) {}

    @Override
    public void clockStepped(long total) {}

    @Override
    public void failed(Throwable thrown) {
      LOG.error("burst failed", thrown);
      cause = thrown;
      failed.countDown();
    }
  }
}
