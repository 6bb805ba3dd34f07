package io.llamamesh.scraper.pull;

import io.llamamesh.scraper.cluster.AgentEndpoint;
import io.llamamesh.scraper.cluster.Bookmark;
import io.llamamesh.scraper.matrix.AgentHealth;
import io.llamamesh.scraper.matrix.Matrix;
import io.llamamesh.scraper.store.StoreWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pulls of all agents, each with virtual threads of its own, so that an agent that does not
 * answer delays no other.
 *
 * <p>Thread-safe. Owns a poller and a pump per agent; {@link #close} ends them.
 */
public final class AgentPulls implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AgentPulls.class);
  private static final int MAX_REMEMBERED = 10_000;

  private final Duration interval;
  private final Matrix matrix;
  private final @Nullable StoreWriter writer;
  private final AgentClient client;
  private final InstantSource clock;
  private final PullCounters counters = new PullCounters();
  private final StoreBacklog backlog = new StoreBacklog();
  private final SourceNames names = new SourceNames();
  private final Map<String, AgentPull> pulls = new TreeMap<>();
  private final Map<String, Bookmark> remembered = new HashMap<>();
  private boolean isLeader = true;
  private boolean closed;

  /**
   * @param interval length of a window until an agent has published one
   * @param timeout of one request to an agent
   * @param writer null without a store
   * @param bookmarks bookmarks to resume from, by agent
   * @param token the bearer token for agents; null: none
   */
  public AgentPulls(
      Duration interval,
      Duration timeout,
      Matrix matrix,
      @Nullable StoreWriter writer,
      Map<String, Bookmark> bookmarks,
      Supplier<@Nullable String> token,
      InstantSource clock) {
    this(interval, new AgentClient(timeout, clock, token), matrix, writer, bookmarks, clock);
  }

  /** Uses that client, and closes it. */
  AgentPulls(
      Duration interval,
      AgentClient client,
      Matrix matrix,
      @Nullable StoreWriter writer,
      Map<String, Bookmark> bookmarks,
      InstantSource clock) {
    this.interval = interval;
    this.matrix = matrix;
    this.writer = writer;
    this.client = client;
    this.clock = clock;
    this.remembered.putAll(bookmarks);
  }

  /** Sets the agents to read from now on; does not block. */
  public synchronized void setAgents(List<AgentEndpoint> agents) {
    if (closed) {
      return;
    }
    Set<String> gone = new HashSet<>(pulls.keySet());
    for (AgentEndpoint agent : agents) {
      gone.remove(agent.name());
      AgentPull known = pulls.get(agent.name());
      if (known != null) {
        known.setEndpoint(agent);
        continue;
      }
      AgentPull pull = pull(agent);
      pulls.put(agent.name(), pull);
      pull.start();
    }
    for (String name : gone) {
      AgentPull pull = pulls.remove(name);
      if (pull != null) {
        remember(name, pull);
        pull.close();
        names.release(name);
      }
    }
  }

  private AgentPull pull(AgentEndpoint agent) {
    AgentPosition position =
        new AgentPosition(agent, remembered.get(agent.name()), writer != null, interval);
    PageAdmission admission = new PageAdmission(counters, clock);
    StorePump pump =
        writer == null
            ? null
            : new StorePump(
                position,
                isLeader,
                writer,
                new BacklogFetcher(client, position, admission, clock),
                clock,
                counters,
                backlog);
    return new AgentPull(
        position,
        new AgentPoller(position, pump, matrix, client, clock, counters, admission, names),
        pump);
  }

  /** Health of each agent's pull, by name. */
  public synchronized List<AgentHealth> health() {
    List<AgentHealth> health = new ArrayList<>(pulls.size());
    pulls.forEach((name, pull) -> {
      try {
        health.add(pull.health());
      } catch (RuntimeException e) {
        // One agent's data must not hide the others' health.
        LOG.error("agent health failed agent={}", name, e);
        health.add(
            new AgentHealth(
                name, "", false, null, null, "its health is unknown; see the scraper's log", 0));
      }
    });
    return List.copyOf(health);
  }

  /**
   * Becomes the leader: stores windows from now on, from the last leader's bookmarks. Windows that
   * it stored since are written once more, which changes nothing.
   *
   * @param bookmarks the last leader's, by agent
   */
  public synchronized void lead(Map<String, Bookmark> bookmarks) {
    isLeader = true;
    remembered.putAll(bookmarks);
    pulls.forEach((name, pull) -> pull.lead(bookmarks.get(name)));
  }

  /** Stands by: reads on, and stores nothing, since another scraper does. */
  public synchronized void standBy() {
    isLeader = false;
    pulls.values().forEach(AgentPull::standBy);
  }

  /**
   * The bookmarks behind each agent's stored windows.
   *
   * @param retention how long a removed agent's bookmark is kept: it may come back
   */
  public synchronized Map<String, Bookmark> bookmarks(Duration retention) {
    pulls.forEach(this::remember);
    Instant now = clock.instant();
    remembered.replaceAll((name, bookmark) ->
        pulls.containsKey(name) || bookmark.goneSince() != null
            ? bookmark
            : bookmark.withGoneSince(now));
    remembered
        .values()
        .removeIf(bookmark ->
            bookmark.goneSince() != null && bookmark.goneSince().isBefore(now.minus(retention)));
    return Map.copyOf(remembered);
  }

  /** Number of windows read and not yet stored; 0 while standing by. */
  public synchronized long backlog() {
    return isLeader
        ? pulls.values().stream().mapToLong(pull -> pull.position().backlog()).sum()
        : 0;
  }

  /** Counters of all pulls. */
  public PullCounters counters() {
    return counters;
  }

  @Override
  public synchronized void close() {
    closed = true;
    pulls.forEach(this::remember);
    pulls.values().forEach(AgentPull::close);
    pulls.clear();
    client.close();
  }

  private void remember(String name, AgentPull pull) {
    Bookmark bookmark = pull.bookmark();
    if (bookmark != null && (remembered.size() < MAX_REMEMBERED || remembered.containsKey(name))) {
      remembered.put(name, bookmark);
    }
  }
}
