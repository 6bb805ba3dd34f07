package io.llamamesh.scraper.pull;

import io.llamamesh.client.ClientException;
import io.llamamesh.client.ClientOptions;
import io.llamamesh.client.SilencesClient;
import io.llamamesh.results.SilencedNode;
import io.llamamesh.scraper.cluster.AgentEndpoint;
import java.net.HttpURLConnection;
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
 * another. While none answers the last known silences hold until their ends; only where every agent
 * says that it keeps none, there are none. When they end is by this scraper's clock ({@link
 * SilenceDating}). Owns one thread, which ends with {@link #close}.
 */
public final class SilencePoller implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SilencePoller.class);
  private static final Duration POLL_INTERVAL = Duration.ofSeconds(3);

  /** The same where no agent keeps silences. */
  private static final Duration REST_WITHOUT = Duration.ofSeconds(60);

  /** Longest wait for silences before anything is judged. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  /** Agents that fail in one round at most. */
  private static final int FAILURES = 3;

  /** Agents that are asked in one round at most. */
  private static final int ASKED = 64;

  /** As many silences as there can be have 100 KB at most. */
  private static final int MAX_BYTES = 256 << 10;

  private final SilencesClient client;
  private final InstantSource clock;
  private final SilenceDating dating = new SilenceDating();
  private final Semaphore wake = new Semaphore(0);
  private volatile boolean closed;
  private final long startedAt = System.nanoTime();
  private volatile List<URI> agents = List.of();
  private volatile List<SilencedNode> known = List.of();
  private volatile boolean hasAnswer;
  // Owned by the polling thread.
  private int next;

  /** Addresses in a row, up to {@link #next}, whose agents keep no silences. */
  private int without;

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
    agents =
        found.stream()
            .flatMap(agent -> agent.addresses().stream())
            .map(address -> address.http(""))
            .toList();
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

  /**
   * Returns whether it is known who is silenced, or was waited for long enough: before, nothing is
   * to be judged.
   */
  public boolean isKnown() {
    return hasAnswer || System.nanoTime() - startedAt >= PATIENCE.toNanos();
  }

  /** Silences that held for their length alone: they began in the future. Any thread may ask. */
  public long heldForTheirLength() {
    return dating.held();
  }

  /** Silences that were ignored: their times cannot be ours. Any thread may ask. */
  public long ignored() {
    return dating.ignored();
  }

  private void run() {
    try {
      while (!closed) {
        Duration rest = refresh();
        var _ = wake.tryAcquire(rest.toNanos(), TimeUnit.NANOSECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Asks agents in turn until one answers.
   *
   * @return time until the next round
   */
  Duration refresh() throws InterruptedException {
    List<URI> all = agents;
    String problem = "";
    int failures = 0;
    for (int asked = 0;
        asked < Math.min(ASKED, all.size()) && failures < FAILURES && !closed;
        asked++) {
      URI agent = all.get(Math.floorMod(next, all.size()));
      try {
        set(dating.date(client.silenced(agent), clock.instant()));
        without = 0;
        failing = false;
        return POLL_INTERVAL;
      } catch (ClientException e) {
        next++;
        if (e.status() == HttpURLConnection.HTTP_NOT_FOUND) {
          without++;
          if (without >= all.size()) {
            set(List.of());
            without = 0;
            failing = false;
            return REST_WITHOUT;
          }
        } else {
          failures++;
          without = 0; // that one may know of silences
          problem = String.valueOf(e.getMessage());
        }
      }
    }
    if (!problem.isEmpty() && !failing && !closed) {
      LOG.warn("silences not read, keeping last known ones error={}", problem);
      failing = true;
    }
    return POLL_INTERVAL;
  }

  private void set(List<SilencedNode> read) {
    Set<String> before = names(known);
    Set<String> after = names(read);
    if (!before.equals(after)) {
      LOG.info("silenced nodes changed nodes={}", after);
    }
    known = read;
    hasAnswer = true;
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
