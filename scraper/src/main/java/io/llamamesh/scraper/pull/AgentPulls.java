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
 * Reads all agents, each in its own virtual thread, so that a dead one delays nobody.
 *
 * <p>Thread-safe. Owns what reads and stores, agent by agent; {@link #close} ends it.
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
   * @param interval length of a window while an agent has not shown it
   * @param timeout of one request to an agent
   * @param writer null where nothing is stored
   * @param bookmarks where to go on, by agent
   * @param token the bearer token that agents ask for; null where they ask for none
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

  /** Asks by that client, and closes it. */
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

  /** Reads these agents from now on, and no others; does not block. */
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

  /** How reading goes, by agent. */
  public synchronized List<AgentHealth> health() {
    List<AgentHealth> health = new ArrayList<>(pulls.size());
    pulls.forEach((name, pull) -> {
      try {
        health.add(pull.health());
      } catch (RuntimeException e) {
        // Whatever one agent has said, the others' health is told.
        LOG.error("an agent's health cannot be told agent={}", name, e);
        health.add(new AgentHealth(name, "", false, null, null, "its health cannot be told", 0));
      }
    });
    return List.copyOf(health);
  }

  /**
   * Stores what agents say from now on, beginning where whoever did so before left off; windows
   * that it stored since are written once more, which changes nothing.
   *
   * @param bookmarks what that one kept, by agent
   */
  public synchronized void lead(Map<String, Bookmark> bookmarks) {
    isLeader = true;
    remembered.putAll(bookmarks);
    pulls.forEach((name, pull) -> pull.lead(bookmarks.get(name)));
  }

  /** Reads on, but stores nothing: another scraper does. */
  public synchronized void standBy() {
    isLeader = false;
    pulls.values().forEach(AgentPull::standBy);
  }

  /**
   * Where each agent's stored windows end.
   *
   * @param kept how long an agent that is gone is remembered: it may come back
   */
  public synchronized Map<String, Bookmark> bookmarks(Duration kept) {
    pulls.forEach(this::remember);
    Instant now = clock.instant();
    remembered.replaceAll((name, bookmark) ->
        pulls.containsKey(name) || bookmark.goneSince() != null
            ? bookmark
            : bookmark.withGoneSince(now));
    remembered
        .values()
        .removeIf(bookmark ->
            bookmark.goneSince() != null && bookmark.goneSince().isBefore(now.minus(kept)));
    return Map.copyOf(remembered);
  }

  /** Windows read from agents that are to be stored and are not yet; none where others do it. */
  public synchronized long backlog() {
    return isLeader
        ? pulls.values().stream().mapToLong(pull -> pull.position().backlog()).sum()
        : 0;
  }

  /** What pulling counted. */
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
