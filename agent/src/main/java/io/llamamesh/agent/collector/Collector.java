package io.llamamesh.agent.collector;

import io.llamamesh.agent.net.Poller;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.agent.wire.Slots;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The measuring thread. Started once with nothing to probe, given plans by {@link #apply} from any
 * thread, then closed.
 */
public final class Collector implements AutoCloseable {

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration POLL_INTERVAL = Duration.ofMillis(50);

  private final UdpNetwork network;
  private final Poller poller;
  private final Prober prober;
  private final CollectorListener listener;
  private final AtomicReference<@Nullable ProbePlan> next = new AtomicReference<>();
  private final Thread thread;
  private volatile boolean stopping;
  private volatile boolean probingStopped;
  private volatile boolean finishing;
  private volatile boolean networkWorks;
  private final CountDownLatch finished = new CountDownLatch(1);
  private volatile boolean settled;
  private volatile int flows;
  private boolean isIdle = true;
  private volatile long longestTimeout;

  private Collector(
      String name, UdpNetwork network, Poller poller, Prober prober, CollectorListener listener) {
    this.network = network;
    this.poller = poller;
    this.prober = prober;
    this.listener = listener;
    this.thread = Thread.ofPlatform().name(name).daemon(false).unstarted(this::run);
  }

  /**
   * Starts a collector.
   *
   * @param locals addresses to send from, at most one of each family is used
   * @param random source of the nonces that identify this process's probes and their targets; must
   *     be hard to guess
   * @param archive takes closed windows
   * @param keys the present keys
   * @param reflected supplies what our reflector sent back since the last call
   * @throws IOException when the system gives no poller
   */
  public static Collector start(
      UdpNetwork network,
      List<InetAddress> locals,
      RandomGenerator random,
      WindowArchive archive,
      CollectorCounters counters,
      Supplier<List<ClosedWindow.Reflected>> reflected,
      Supplier<ProbeKeys> keys,
      PeerListener peerListener,
      CollectorListener listener)
      throws IOException {
    return start(
        network,
        locals,
        random,
        archive,
        counters,
        reflected,
        keys,
        peerListener,
        listener,
        WindowSource.NONE);
  }

  /**
   * Starts a collector whose windows have further results.
   *
   * @param further gets its plans; outlives it
   */
  public static Collector start(
      UdpNetwork network,
      List<InetAddress> locals,
      RandomGenerator random,
      WindowArchive archive,
      CollectorCounters counters,
      Supplier<List<ClosedWindow.Reflected>> reflected,
      Supplier<ProbeKeys> keys,
      PeerListener peerListener,
      CollectorListener listener,
      WindowSource further)
      throws IOException {
    Poller poller = network.newPoller();
    Prober prober =
        new Prober(
            network,
            poller,
            locals,
            random,
            archive,
            counters,
            reflected,
            keys,
            peerListener,
            listener,
            further,
            0);
    return start(new Collector("collector", network, poller, prober, listener));
  }

  private static Collector start(Collector collector) {
    collector.thread.start();
    return collector;
  }

  /**
   * Starts a collector beside the one that measures: its probes say that they belong to a burst, so
   * that reflectors count them for no sender, and nothing of it goes into anybody else's windows.
   * Parameters as of {@link #start}.
   *
   * @param archive takes the burst's windows, and no others
   * @param counters of the burst alone
   * @throws IOException when the system gives no poller
   */
  public static Collector startBurst(
      UdpNetwork network,
      List<InetAddress> locals,
      RandomGenerator random,
      WindowArchive archive,
      CollectorCounters counters,
      Supplier<ProbeKeys> keys,
      CollectorListener listener)
      throws IOException {
    Poller poller = network.newPoller();
    Prober prober =
        new Prober(
            network,
            poller,
            locals,
            random,
            archive,
            counters,
            List::<ClosedWindow.Reflected>of,
            keys,
            (peer, before, now) -> {},
            listener,
            WindowSource.NONE,
            Slots.FLAG_BURST);
    return start(new Collector("burst", network, poller, prober, listener));
  }

  /** Makes this the plan within a tick; flows that it names again go on as they are. */
  public void apply(ProbePlan plan) {
    next.set(plan);
    poller.wakeup();
  }

  /**
   * Tells that the network works, as some server far away has just answered: flows get other source
   * ports if none of their targets does.
   */
  public void recordNetworkWorks() {
    networkWorks = true;
  }

  /** Stops sending, whatever plan comes; windows go on for what the reflector sends back. */
  public void stopProbing() {
    probingStopped = true;
    poller.wakeup();
  }

  /** Returns whether probing has stopped and every probe is settled, or the thread has ended. */
  public boolean isSettled() {
    return settled || finished.getCount() == 0;
  }

  /** Longest time until a probe is settled, under the plans so far. */
  public Duration longestSettleTime() {
    return Duration.ofNanos(longestTimeout + WindowBook.GRACE_NANOS).plusSeconds(1);
  }

  /**
   * Stops probing, waits for probes in flight, then closes and publishes the last window; probes
   * that are not settled by then count as suppressed. Nothing is measured afterwards, nor counted
   * of the reflector.
   *
   * @return whether all probes were settled in time
   */
  public boolean awaitFinish(Duration patience) throws InterruptedException {
    stopProbing();
    long began = System.nanoTime();
    while (!isSettled() && System.nanoTime() - began < patience.toNanos()) {
      var _ = finished.await(POLL_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }
    boolean allSettled = settled;
    finishing = true;
    poller.wakeup();
    return finished.await(CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS) && allSettled;
  }

  /** Statuses of peers with a problem, as of the last published window. */
  public List<PeerStatus> peerStatuses() {
    return prober.peerStatuses();
  }

  /** Number of flows that probe now. */
  public int flows() {
    return flows;
  }

  private void run() {
    try {
      long due = network.monotonicNanos();
      while (!stopping) {
        ProbePlan plan = next.getAndSet(null);
        if (probingStopped) {
          plan = isIdle ? null : ProbePlan.IDLE;
        }
        if (plan != null) {
          prober.apply(plan);
          flows = prober.flows();
          isIdle = plan.isIdle();
          longestTimeout = Math.max(longestTimeout, plan.longestTimeout());
        }
        if (networkWorks) {
          networkWorks = false;
          prober.renewSilentPorts();
        }
        prober.tick();
        if (finishing) {
          prober.finish();
          break;
        }
        if (probingStopped) {
          settled = prober.isSettled();
        }
        long now = network.monotonicNanos();
        // A missed tick is not made up for: the pacer hands over all flows that came due.
        due = Math.max(due + prober.tickNanos(), now);
        await(due);
      }
    } catch (RuntimeException | Error e) {
      listener.failed(e);
    } finally {
      finished.countDown();
      prober.close();
      poller.close();
    }
  }

  private void await(long due) {
    long left = due - network.monotonicNanos();
    while (left > 0 && !stopping && !finishing && next.get() == null) {
      poller.await(left);
      if (!network.hasKernelStamps()) {
        prober.read(false, false);
      }
      left = due - network.monotonicNanos();
    }
  }

  /** Stops the thread and frees the ports; returns when both are gone, within a few seconds. */
  @Override
  public void close() {
    stopping = true;
    poller.wakeup();
    try {
      if (!thread.join(CLOSE_TIMEOUT)) {
        throw new IllegalStateException("the collector thread does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
