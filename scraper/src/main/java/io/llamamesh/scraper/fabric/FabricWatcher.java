package io.llamamesh.scraper.fabric;

import io.llamamesh.client.ClientException;
import io.llamamesh.client.ClientOptions;
import io.llamamesh.client.FabricClient;
import io.llamamesh.results.FabricMembers;
import io.llamamesh.results.FabricReport;
import io.llamamesh.results.FabricReport.Blocked;
import io.llamamesh.results.FabricReport.Unreachable;
import io.llamamesh.results.FabricState;
import io.llamamesh.scraper.cluster.AgentEndpoint;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the fabric of {@link #WATCHED} agents and merges what they say. Where one is gone another
 * takes over at once; where some nodes are cut off, one of them is tried beside: if it answers
 * here, it is on the other side of a cut and not dead.
 *
 * <p>Thread-safe. Owns one thread and two watches for each watched agent; {@link #close} ends them.
 * Agents are tried at a bounded rate, and seldom where none has a fabric.
 */
public final class FabricWatcher implements AutoCloseable {
  /** Agents that are watched at a time. */
  public static final int WATCHED = 3;

  private static final Logger LOG = LoggerFactory.getLogger(FabricWatcher.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(3);

  /** Members of a mesh of 5,000 have some 2 MB. */
  private static final int MAX_BYTES = 16 << 20;

  private static final Duration TICK = Duration.ofMillis(100);

  /** Without a word of any agent for so long, nothing is known. */
  private static final Duration HOLD = Duration.ofSeconds(10);

  /** A watched agent has so long to send its first documents. */
  private static final Duration FIRST_WORD = Duration.ofSeconds(4);

  private static final Duration REST = Duration.ofSeconds(2);

  /** An agent's answer that it takes no part counts so much longer than until it is asked again. */
  private static final Duration ANSWER_HOLDS = Duration.ofSeconds(8);

  /**
   * Whom others have as up for longer than that after such an answer takes part all the same: its
   * agent was only starting. By then they have lost one of before.
   */
  private static final Duration LOST_WITHIN = Duration.ofSeconds(5);

  private static final Duration REST_WITHOUT_FABRIC = Duration.ofSeconds(30);
  private static final int NOT_FOUND = 404;

  /** Tries at once after a quiet time, then one for each {@link #TRY_EACH}. */
  private static final int BURST = 6;

  private static final Duration TRY_EACH = Duration.ofSeconds(1);

  /** The same after several agents in a row that have no fabric. */
  private static final Duration SEEK_EACH = Duration.ofSeconds(10);

  private static final int NONE_HAS_IT = 4;

  private final FabricClient client;
  private final Supplier<Set<String>> leaving;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Runnable changed;
  private final LongAdder failures = new LongAdder();
  private final Object lock = new Object();
  private final Thread thread =
      Thread.ofPlatform().daemon().name("fabric-watch").unstarted(this::run);
  private volatile @Nullable FabricReport report;
  private volatile List<Voice> voices = List.of();
  private volatile boolean isClosed;

  /**
   * An agent that is watched and answers.
   *
   * @param node its name
   * @param agent where its API is
   */
  public record Voice(String node, URI agent) {}

  /**
   * Nodes that are unreachable, and their hosts: in a static list an agent's name is its address.
   */
  private record Apart(Set<String> names, Set<String> hosts) {
    boolean isOneOf(AgentEndpoint agent) {
      return names.contains(agent.name())
          || agent.addresses().stream().anyMatch(address -> hosts.contains(address.host()));
    }
  }

  /**
   * The names of a node whose agent answers that it takes no part, since when, and until when that
   * counts.
   */
  private record Outsider(Set<String> names, long since, long until) {
    boolean isUpFor(FabricMerge.Witness witness) {
      return witness.members().members().stream()
          .anyMatch(each -> each.state() == FabricState.UP && names.contains(each.name()));
    }
  }

  // Guarded by lock.
  private Map<String, AgentEndpoint> agents = Map.of();
  private boolean isWoken;

  // The thread's own.
  private final Map<String, WatchedAgent> watched = new LinkedHashMap<>();
  private final Map<String, Long> restsUntil = new HashMap<>();
  private final Map<String, Integer> nextAddress = new HashMap<>();
  private double tries = BURST;
  private long triesFilledAt = System.nanoTime();
  private int withoutFabric;
  private long lastVoice = System.nanoTime();
  private List<FabricMerge.Witness> merged = List.of();
  private Set<String> mergedLeaving = Set.of();
  private final Map<String, Outsider> outsiders = new HashMap<>();
  private Set<String> mergedOutsiders = Set.of();

  /**
   * A watcher of no agent yet.
   *
   * @param token the bearer token for agents; null: none
   * @param leaving names of nodes that are about to be removed
   * @param changed called where the report has changed; must not block
   */
  public FabricWatcher(
      Supplier<@Nullable String> token,
      Supplier<Set<String>> leaving,
      InstantSource clock,
      RandomGenerator random,
      Runnable changed) {
    this.client =
        new FabricClient(
            ClientOptions.standard().withTimeout(TIMEOUT).withMaxBytes(MAX_BYTES).withToken(token));
    this.leaving = leaving;
    this.clock = clock;
    this.random = random;
    this.changed = changed;
  }

  /** Starts to watch. */
  public void start() {
    thread.start();
  }

  /** Sets the agents of which some are watched; does not block. */
  public void setAgents(List<AgentEndpoint> all) {
    Map<String, AgentEndpoint> named = new TreeMap<>();
    all.forEach(agent -> named.put(agent.name(), agent));
    synchronized (lock) {
      agents = named;
    }
    wake();
  }

  /** What the watched agents know together; null where none takes part in a fabric. */
  public @Nullable FabricReport report() {
    return report;
  }

  /** Agents with a fabric that answer now. */
  public List<Voice> voices() {
    return voices;
  }

  /** Watches of agents that could not be opened, or broke. */
  public long failures() {
    return failures.sum();
  }

  private void wake() {
    synchronized (lock) {
      isWoken = true;
      lock.notifyAll();
    }
  }

  private void run() {
    try {
      while (!isClosed) {
        try {
          tick(agents());
        } catch (RuntimeException e) {
          // One agent's odd word must not end the rest.
          LOG.error("watching the fabric failed", e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      watched.values().forEach(WatchedAgent::close);
      client.close();
    }
  }

  /** The agents, once there may be something to do. */
  private Map<String, AgentEndpoint> agents() throws InterruptedException {
    synchronized (lock) {
      long due = System.nanoTime() + TICK.toNanos();
      while (!isWoken && !isClosed) {
        long left = TimeUnit.NANOSECONDS.toMillis(due - System.nanoTime());
        if (left <= 0) {
          break;
        }
        lock.wait(left);
      }
      isWoken = false;
      return agents;
    }
  }

  private void tick(Map<String, AgentEndpoint> all) {
    long now = System.nanoTime();
    drop(all, now);
    choose(all, now);
    watched.values().forEach(WatchedAgent::tick);
    List<FabricMerge.Witness> witnesses = new ArrayList<>();
    List<Voice> heard = new ArrayList<>();
    for (WatchedAgent agent : watched.values()) {
      FabricMerge.Witness witness = agent.witness();
      if (witness != null) {
        witnesses.add(witness);
        heard.add(new Voice(witness.members().self(), agent.address()));
      }
    }
    voices = List.copyOf(heard);
    if (!witnesses.isEmpty()) {
      lastVoice = now;
      withoutFabric = 0;
    }
    Set<String> unjudged = leaving.get();
    Set<String> outside = outsiders(all, witnesses, now);
    if (!isSame(witnesses, merged)
        || !unjudged.equals(mergedLeaving)
        || !outside.equals(mergedOutsiders)) {
      merged = witnesses;
      mergedLeaving = unjudged;
      mergedOutsiders = outside;
      publish(witnesses, unjudged);
    } else if (witnesses.isEmpty() && now - lastVoice > HOLD.toNanos()) {
      set(null);
    }
  }

  /** True where nothing has changed that a merge goes by. */
  private static boolean isSame(List<FabricMerge.Witness> some, List<FabricMerge.Witness> others) {
    if (some.size() != others.size()) {
      return false;
    }
    for (int i = 0; i < some.size(); i++) {
      FabricMerge.Witness one = some.get(i);
      FabricMerge.Witness other = others.get(i);
      // Quick where they are the same objects.
      if (!one.members().equals(other.members())
          || !one.partitions().equals(other.partitions())
          || isLate(one) != isLate(other)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isLate(FabricMerge.Witness witness) {
    return witness.age().compareTo(FabricMerge.DOUBT) > 0;
  }

  private void publish(List<FabricMerge.Witness> witnesses, Set<String> unjudged) {
    FabricReport before = report;
    FabricReport merge =
        FabricMerge.merge(witnesses, unjudged, mergedOutsiders, before, clock.instant());
    if (merge.agents() > 0) {
      set(merge);
    } else if (before != null) {
      // Held for a moment: others may take over.
      set(before.withAgents(0, before.observedAt()));
    }
  }

  private void set(@Nullable FabricReport next) {
    FabricReport before = report;
    if (Objects.equals(before, next)) {
      return;
    }
    report = next;
    boolean isNew =
        before == null
            ? next != null && !(next.isClear() && next.fabricBlocked().isEmpty())
            : next == null
                || !before.unreachable().equals(next.unreachable())
                || !before.partitions().equals(next.partitions())
                || !before.fabricBlocked().equals(next.fabricBlocked());
    if (isNew) {
      LOG.info(
          "fabric changed agents={} unreachable={} partitions={} blocked={}",
          next == null ? 0 : next.agents(),
          next == null ? List.of() : next.unreachable().stream().map(Unreachable::node).toList(),
          next == null ? List.of() : next.partitions(),
          next == null ? List.of() : next.fabricBlocked().stream().map(Blocked::node).toList());
    }
    changed.run();
  }

  /** Ends watches of agents that are gone, failed, or say nothing. */
  private void drop(Map<String, AgentEndpoint> all, long now) {
    for (WatchedAgent agent : List.copyOf(watched.values())) {
      String name = agent.endpoint().name();
      ClientException failure = agent.failure();
      boolean isMute = agent.witness() == null && agent.age().compareTo(FIRST_WORD) > 0;
      if (failure == null && !isMute && agent.endpoint().equals(all.get(name))) {
        continue;
      }
      watched.remove(name);
      agent.close();
      if (failure == null && !isMute) {
        continue; // it moved, or was removed
      }
      failures.increment();
      boolean isOff = failure != null && failure.status() == NOT_FOUND;
      withoutFabric += isOff ? 1 : 0;
      long rests = now + (isOff ? REST_WITHOUT_FABRIC : REST).toNanos();
      restsUntil.put(name, rests);
      if (failure != null && failure.status() > 0 && agent.witness() == null) {
        noteOutsider(agent.endpoint(), now, rests + ANSWER_HOLDS.toNanos());
      } else {
        outsiders.remove(name);
      }
      nextAddress.merge(name, 1, Integer::sum);
      LOG.debug(
          "watch of an agent ended agent={} error={}",
          name,
          failure == null ? "no word in time" : failure.getMessage());
    }
    restsUntil.keySet().retainAll(all.keySet());
    nextAddress.keySet().retainAll(all.keySet());
  }

  /** Its agent answers, and takes no part in the fabric: it is off there, or cannot start. */
  private void noteOutsider(AgentEndpoint agent, long now, long until) {
    Set<String> there = new HashSet<>();
    for (FabricMerge.Witness witness : merged) {
      for (FabricMembers.Member member : witness.members().members()) {
        // In a static list an agent's name is its address.
        if (agent.addresses().stream().anyMatch(a -> a.host().equals(host(member.address())))) {
          there.add(member.name());
        }
      }
    }
    Set<String> names = new HashSet<>(there.size() == 1 ? there : Set.of());
    names.add(agent.name());
    outsiders.put(agent.name(), new Outsider(Set.copyOf(names), now, until));
  }

  private Set<String> outsiders(
      Map<String, AgentEndpoint> all, List<FabricMerge.Witness> witnesses, long now) {
    outsiders.keySet().retainAll(all.keySet());
    outsiders
        .values()
        .removeIf(each ->
            now - each.until() >= 0
                || (now - each.since() >= LOST_WITHIN.toNanos()
                    && witnesses.stream().anyMatch(each::isUpFor)));
    Set<String> names = new HashSet<>();
    outsiders.values().forEach(each -> names.addAll(each.names()));
    return Set.copyOf(names);
  }

  /** Fills the places, and tries one of those that are cut off. */
  private void choose(Map<String, AgentEndpoint> all, long now) {
    fillTries(now);
    Apart apart = apart();
    while (tries >= 1 && watched.size() < WATCHED + (apart.names().isEmpty() ? 0 : 1)) {
      boolean isExtra = watched.size() >= WATCHED;
      List<AgentEndpoint> free =
          all.values().stream()
              .filter(agent -> !watched.containsKey(agent.name()))
              .filter(agent -> now - restsUntil.getOrDefault(agent.name(), now) >= 0)
              .filter(agent -> !isExtra || apart.isOneOf(agent))
              .toList();
      if (free.isEmpty()) {
        return;
      }
      // Those that others call unreachable come last.
      List<AgentEndpoint> better =
          free.stream().filter(agent -> isExtra || !apart.isOneOf(agent)).toList();
      List<AgentEndpoint> from = better.isEmpty() ? free : better;
      AgentEndpoint chosen = from.get(random.nextInt(from.size()));
      int index = nextAddress.getOrDefault(chosen.name(), 0) % chosen.addresses().size();
      tries--;
      watched.put(
          chosen.name(),
          new WatchedAgent(chosen, chosen.addresses().get(index).http(""), client, this::wake));
    }
  }

  private void fillTries(long now) {
    Duration each = withoutFabric >= NONE_HAS_IT ? SEEK_EACH : TRY_EACH;
    int most = withoutFabric >= NONE_HAS_IT ? 1 : BURST;
    tries = Math.min(most, tries + (now - triesFilledAt) / (double) each.toNanos());
    triesFilledAt = now;
  }

  private Apart apart() {
    FabricReport now = report;
    Set<String> names = new HashSet<>();
    Set<String> hosts = new HashSet<>();
    if (now != null) {
      now.unreachable().forEach(each -> names.add(each.node()));
      now.fabricBlocked().stream()
          .map(Blocked::node)
          .filter(mergedOutsiders::contains)
          .forEach(names::add);
      for (FabricMerge.Witness witness : merged) {
        for (FabricMembers.Member member : witness.members().members()) {
          if (names.contains(member.name())) {
            hosts.add(host(member.address()));
          }
        }
      }
    }
    return new Apart(names, hosts);
  }

  /** The host of {@code host:port} or {@code [v6]:port}. */
  private static String host(String address) {
    int colon = address.lastIndexOf(':');
    return (colon < 0 ? address : address.substring(0, colon)).replaceAll("[\\[\\]]", "");
  }

  @Override
  public void close() {
    isClosed = true;
    client.close(); // ends the watches
    wake();
    thread.interrupt();
  }
}
