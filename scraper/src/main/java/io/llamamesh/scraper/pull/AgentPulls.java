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
import java.util.function.Function;
import java.util.stream.Collectors;
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

  /** Shows no token: whoever registered itself might keep it. */
  private final AgentClient outsideClient;

  private final InstantSource clock;
  private final PullCounters counters = new PullCounters();
  private final StoreBacklog backlog = new StoreBacklog();
  private final SourceNames names = new SourceNames();
  private final Map<String, AgentPull> pulls = new TreeMap<>();
  private final Map<String, Bookmark> remembered = new HashMap<>();
  private final PushedAgents pushed;
  private boolean isLeader = true;
  private boolean closed;

  /**
   * @param interval length of a window until an agent has published one
   * @param timeout of one request to an agent
   * @param writer null without a store
   * @param bookmarks bookmarks to resume from, by agent
   * @param tokens bearer tokens for an agent by its name, the one to show first; empty: none
   */
  public AgentPulls(
      Duration interval,
      Duration timeout,
      Matrix matrix,
      @Nullable StoreWriter writer,
      Map<String, Bookmark> bookmarks,
      Function<String, List<String>> tokens,
      InstantSource clock) {
    this(
        interval,
        new AgentClient(timeout, clock, tokens),
        new AgentClient(timeout, clock, agent -> List.of()),
        matrix,
        writer,
        bookmarks,
        clock);
  }

  /** Uses that client for all agents, and closes it. */
  AgentPulls(
      Duration interval,
      AgentClient client,
      Matrix matrix,
      @Nullable StoreWriter writer,
      Map<String, Bookmark> bookmarks,
      InstantSource clock) {
    this(interval, client, client, matrix, writer, bookmarks, clock);
  }

  private AgentPulls(
      Duration interval,
      AgentClient client,
      AgentClient outsideClient,
      Matrix matrix,
      @Nullable StoreWriter writer,
      Map<String, Bookmark> bookmarks,
      InstantSource clock) {
    this.outsideClient = outsideClient;
    this.interval = interval;
    this.matrix = matrix;
    this.writer = writer;
    this.client = client;
    this.clock = clock;
    this.pushed = new PushedAgents(interval, counters, clock);
    restore(bookmarks);
  }

  private void restore(Map<String, Bookmark> bookmarks) {
    pushed.restore(bookmarks);
    bookmarks.forEach((name, bookmark) -> {
      if (!PushedAgents.isBookmark(name)) {
        remembered.put(name, bookmark);
      }
    });
  }

  /** Agents that post their windows; they are never polled. */
  PushedAgents pushed() {
    return pushed;
  }

  /** Accepts posts of agents that nobody lists. */
  public void acceptUnlisted() {
    pushed.acceptUnlisted();
  }

  /** Sets the agents to read from now on, and those that post; does not block. */
  public synchronized void setAgents(List<AgentEndpoint> all) {
    if (closed) {
      return;
    }
    List<AgentEndpoint> agents = all.stream().filter(agent -> !agent.isPushing()).toList();
    Set<String> polled =
        agents.stream().map(AgentEndpoint::name).collect(Collectors.toUnmodifiableSet());
    // Who is polled speaks for itself: one that pushes chose its name, and may not take a node's.
    pushed.setListed(
        all.stream().filter(agent -> agent.isPushing() && !polled.contains(agent.name())).toList());
    Set<String> gone = new HashSet<>(pulls.keySet());
    for (AgentEndpoint agent : agents) {
      AgentPull known = pulls.get(agent.name());
      if (known != null && known.position().endpoint().isOutside() != agent.isOutside()) {
        // Another agent of that name, which is read in another way.
        remember(agent.name(), known);
        known.close();
        names.release(agent.name());
        known = null;
      }
      gone.remove(agent.name());
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
    AgentClient asking = agent.isOutside() ? outsideClient : client;
    PageAdmission admission = new PageAdmission(counters, clock, PointRights.of(agent));
    StorePump pump =
        writer == null
            ? null
            : new StorePump(
                position,
                isLeader,
                writer,
                new BacklogFetcher(asking, position, admission, clock),
                clock,
                counters,
                backlog);
    return new AgentPull(
        position,
        new AgentPoller(position, pump, matrix, asking, clock, counters, admission, names),
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
    health.addAll(pushed.health());
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
    pushed.setLeader(true);
    restore(bookmarks);
    pulls.forEach((name, pull) -> pull.lead(bookmarks.get(name)));
  }

  /** Stands by: reads on, and stores nothing, since another scraper does. */
  public synchronized void standBy() {
    isLeader = false;
    pushed.setLeader(false);
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
    Map<String, Bookmark> all = new HashMap<>(remembered);
    all.putAll(pushed.bookmarks(retention));
    return Map.copyOf(all);
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
    outsideClient.close();
  }

  private void remember(String name, AgentPull pull) {
    Bookmark bookmark = pull.bookmark();
    if (bookmark != null && (remembered.size() < MAX_REMEMBERED || remembered.containsKey(name))) {
      remembered.put(name, bookmark);
    }
  }
}
