package io.llamamesh.scraper.pull;

import io.llamamesh.client.ClientException;
import io.llamamesh.client.ClientOptions;
import io.llamamesh.client.SilencesClient;
import io.llamamesh.results.SilencedNode;
import io.llamamesh.scraper.cluster.AgentEndpoint;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Poller of silenced nodes, which every agent of a fabric knows: one is asked until it fails, then
 * another. While none answers the last known silences hold until their ends. Owns one thread, which
 * ends with {@link #close}.
 */
public final class SilencePoller implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SilencePoller.class);
  private static final Duration POLL_INTERVAL = Duration.ofSeconds(3);
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  /** Agents that are asked in one round at most. */
  private static final int ASKED = 3;

  /** As many silences as there can be have 100 KB at most. */
  private static final int MAX_BYTES = 256 << 10;

  private final SilencesClient client;
  private final InstantSource clock;
  private final Semaphore wake = new Semaphore(0);
  private volatile boolean closed;
  private volatile List<URI> agents = List.of();
  private volatile List<SilencedNode> known = List.of();
  // Owned by the polling thread.
  private int next;
  private boolean failing;

  /**
   * @param token the bearer token for agents; null: none
   */
  public SilencePoller(Supplier<@Nullable String> token, InstantSource clock) {
    this.client =
        new SilencesClient(
            ClientOptions.standard().withTimeout(TIMEOUT).withMaxBytes(MAX_BYTES).withToken(token));
    this.clock = clock;
  }

  /** Starts polling; to be called once. */
  public void start() {
    var _ = Thread.ofVirtual().name("silences").start(this::run);
  }

  /** Sets the agents to ask from now on. */
  public void setAgents(List<AgentEndpoint> found) {
    boolean isFirst = agents.isEmpty();
    agents = found.stream().map(agent -> agent.addresses().getFirst().http("")).toList();
    if (isFirst) {
      // A scraper that starts must know of silences before it judges.
      wake.release();
    }
  }

  /** Nodes that are silenced now, by name. */
  public List<SilencedNode> active() {
    Instant now = clock.instant();
    return known.stream().filter(silence -> silence.isActive(now)).toList();
  }

  private void run() {
    try {
      while (!closed) {
        refresh();
        var _ = wake.tryAcquire(POLL_INTERVAL.toNanos(), TimeUnit.NANOSECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Asks agents in turn until one answers. */
  void refresh() throws InterruptedException {
    List<URI> all = agents;
    String problem = "";
    for (int asked = 0; asked < Math.min(ASKED, all.size()); asked++) {
      URI agent = all.get(Math.floorMod(next, all.size()));
      try {
        set(client.silenced(agent, clock.instant()));
        failing = false;
        return;
      } catch (ClientException e) {
        problem = String.valueOf(e.getMessage());
        next++;
      }
    }
    if (!problem.isEmpty() && !failing && !closed) {
      LOG.warn("silences not read, keeping last known ones error={}", problem);
      failing = true;
    }
  }

  private void set(List<SilencedNode> read) {
    Set<String> before = names(known);
    Set<String> after = names(read);
    if (!before.equals(after)) {
      LOG.info("silenced nodes changed nodes={}", after);
    }
    known = read;
  }

  private static Set<String> names(List<SilencedNode> silences) {
    Set<String> names = new TreeSet<>();
    silences.forEach(silence -> names.add(silence.node()));
    return names;
  }

  @Override
  public void close() {
    closed = true;
    wake.release();
    client.close();
  }
}
