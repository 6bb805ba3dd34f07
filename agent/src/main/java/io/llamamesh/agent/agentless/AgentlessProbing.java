package io.llamamesh.agent.agentless;

import io.llamamesh.agent.collector.PeerStatus;
import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.collector.WindowSource;
import io.llamamesh.agent.net.Poller;
import io.llamamesh.agent.net.UdpNetwork;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The thread that probes hosts without a reflector, begun with the first plan that names one and
 * ended by {@link #close}. The collector leaves plans and the present window here and takes results
 * away; neither waits for the other.
 */
public final class AgentlessProbing implements WindowSource, AutoCloseable {

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration FINISH_TIMEOUT = Duration.ofSeconds(1);

  private final UdpNetwork network;
  private final AgentlessProber prober;
  private final AgentlessListener listener;
  private final Queue<Results> closed = new ConcurrentLinkedQueue<>();
  private final AtomicReference<@Nullable ProbePlan> next = new AtomicReference<>();
  private final CountDownLatch finished = new CountDownLatch(1);
  private volatile @Nullable Thread thread;
  private volatile @Nullable Poller poller;
  private volatile boolean finishing;
  private volatile boolean stopping;
  private volatile int window;
  private volatile long longestTimeout;
  private volatile boolean settled = true;
  private volatile List<String> problems = List.of();
  private volatile List<PeerStatus> statuses = List.of();

  /**
   * A prober that has not begun.
   *
   * @param locals addresses to send from, at most one of each family is used
   * @param random source of nonces; must be hard to guess
   */
  public AgentlessProbing(
      UdpNetwork network,
      List<InetAddress> locals,
      RandomGenerator random,
      AgentlessListener listener) {
    this.network = network;
    this.listener = listener;
    this.prober = new AgentlessProber(network, locals, random, closed::add, listener);
  }

  @Override
  public void apply(ProbePlan plan) {
    if (thread == null && plan.agentless().isEmpty()) {
      return;
    }
    if (thread == null && !hasBegun()) {
      return;
    }
    settled = false;
    for (ProbePlan.AgentlessPair pair : plan.agentless()) {
      longestTimeout = Math.max(longestTimeout, pair.trafficClass().timeoutNanos());
    }
    next.set(plan);
    wakeup();
  }

  /** Begins; returns whether that was possible. The next plan, or the same one again, tries it. */
  private boolean hasBegun() {
    try {
      poller = network.newPoller();
    } catch (IOException e) {
      problems = List.of("targets of method icmp and tcp: not probed, " + e.getMessage());
      return false;
    }
    thread = Thread.ofPlatform().name("agentless").daemon(false).start(this::run);
    return true;
  }

  private void wakeup() {
    Poller present = poller;
    if (present != null) {
      present.wakeup();
    }
  }

  @Override
  public void begin(int windowId) {
    window = windowId;
  }

  @Override
  public long longestTimeoutNanos() {
    return longestTimeout;
  }

  @Override
  public boolean isSettled() {
    return settled || finished.getCount() == 0;
  }

  @Override
  public void finish() {
    if (thread == null) {
      return;
    }
    finishing = true;
    wakeup();
    try {
      var _ = finished.await(FINISH_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public @Nullable Results poll(int windowId) {
    Results first = closed.peek();
    return first == null || first.windowId() > windowId ? null : closed.poll();
  }

  /** Targets that cannot be probed from here, and why: one line each. */
  public List<String> problems() {
    return problems;
  }

  /** Statuses of targets that do not answer. */
  public List<PeerStatus> statuses() {
    return statuses;
  }

  private void run() {
    try (Poller waiting = poller) {
      if (waiting == null) {
        return;
      }
      while (!stopping && !finishing) {
        ProbePlan plan = next.getAndSet(null);
        if (plan != null) {
          prober.apply(plan);
        }
        prober.tick(window);
        longestTimeout = prober.longestTimeout();
        problems = prober.problems();
        statuses = prober.statuses();
        settled = next.get() == null && prober.isSettled();
        if (!stopping && !finishing && next.get() == null) {
          waiting.await(prober.untilNextTick());
        }
      }
      if (finishing) {
        prober.finish(window);
      }
    } catch (RuntimeException | Error e) {
      listener.failed(e);
    } finally {
      prober.close();
      finished.countDown();
    }
  }

  /** Stops the thread and frees its sockets; returns when both are gone, within a few seconds. */
  @Override
  public void close() {
    stopping = true;
    wakeup();
    Thread present = thread;
    try {
      if (present != null && !present.join(CLOSE_TIMEOUT)) {
        throw new IllegalStateException("the thread of agentless targets does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
