package io.llamamesh.scraper.cluster;

import io.llamamesh.registration.RegistrationSchedule;
import io.llamamesh.registration.RegistryClient;
import io.llamamesh.registration.RegistryClient.ListedProbe;
import io.llamamesh.scraper.cluster.AgentEndpoint.Trust;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Discovery of agents by a registry's list, llama-sd's or ours, polled every half minute. All
 * groups are read: an agent in several groups once, several agents on one host each at its port.
 * One that posts its windows is passed on by its name, and not to be polled.
 *
 * <p>While the registry is unreachable the last known list is kept. An agent that is no longer
 * listed is kept for two minutes: a registry that lost its state lists its probes again within one.
 *
 * <p>Owns a thread, which {@link #close} ends.
 */
public final class RegistryAgents implements AgentSource {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryAgents.class);
  private static final Duration POLL_INTERVAL = Duration.ofSeconds(30);
  private static final long HELD_NANOS = Duration.ofMinutes(2).toNanos();
  private static final long END_MILLIS = 5_000;

  /** Port of llama-probe's collector, whatever port it registers. */
  private static final int USUAL_PORT = 8100;

  /** Client of a registry's list. */
  @FunctionalInterface
  interface Registry {
    List<ListedProbe> list() throws IOException;
  }

  private final Registry registry;
  private final boolean beside;
  private final String server;
  private final RegistrationSchedule phase;
  private final LongSupplier nanos;
  private final CountDownLatch stop = new CountDownLatch(1);
  private @Nullable Thread thread;
  private volatile boolean current;

  /** Agents by name; owned by the thread. */
  private final Map<String, ListedAgent> held = new LinkedHashMap<>();

  private List<AgentEndpoint> published = List.of();
  private String lastError = "";
  private Set<String> ambiguous = Set.of();

  /** An agent, and the time of the first list without it; null while it is listed. */
  private record ListedAgent(AgentEndpoint agent, @Nullable Long missingSince) {
    ListedAgent missing(long nanos) {
      return missingSince == null ? new ListedAgent(agent, nanos) : this;
    }
  }

  /** Discovers agents by a registry. */
  public RegistryAgents(RegistryClient client, RandomGenerator random) {
    this(client, random, false);
  }

  /**
   * Discovers agents by a registry.
   *
   * @param beside true for agents beside a mesh's own: they are called by the names that they
   *     registered, and not shown the mesh's token
   */
  public RegistryAgents(RegistryClient client, RandomGenerator random, boolean beside) {
    this(
        client::list,
        beside,
        client.server(),
        new RegistrationSchedule(POLL_INTERVAL, random),
        System::nanoTime);
  }

  RegistryAgents(Registry registry, String shown, RegistrationSchedule phase, LongSupplier nanos) {
    this(registry, false, shown, phase, nanos);
  }

  RegistryAgents(
      Registry registry,
      boolean beside,
      String shown,
      RegistrationSchedule phase,
      LongSupplier nanos) {
    this.registry = registry;
    this.beside = beside;
    this.server = shown;
    this.phase = phase;
    this.nanos = nanos;
  }

  @Override
  public synchronized void start(Consumer<List<AgentEndpoint>> listener) {
    if (thread != null) {
      throw new IllegalStateException("already started");
    }
    Thread following = Thread.ofPlatform().name("registry-agents").unstarted(() -> run(listener));
    thread = following;
    following.start();
  }

  @Override
  public boolean isCurrent() {
    return current;
  }

  private void run(Consumer<List<AgentEndpoint>> listener) {
    try {
      Duration wait;
      do {
        wait = refresh(listener) ? phase.delayAfterAnswer() : phase.delayAfterFailure();
      } while (!stop.await(wait.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Polls once, and passes the agents on if they changed; false if the poll failed. */
  boolean refresh(Consumer<List<AgentEndpoint>> listener) {
    try {
      long now = nanos.getAsLong();
      List<AgentEndpoint> listed = agents(registry.list());
      // Only a list shows that an agent is gone: time without one does not count.
      held.replaceAll((name, agent) -> agent.missing(now));
      for (AgentEndpoint agent : listed) {
        held.put(key(agent), new ListedAgent(agent, null));
      }
      held.values()
          .removeIf(
              agent -> agent.missingSince() != null && now - agent.missingSince() > HELD_NANOS);
      current = true;
      if (!lastError.isEmpty()) {
        LOG.info("registry poll recovered registry={}", server);
      }
      lastError = "";
      List<AgentEndpoint> agents = held.values().stream().map(ListedAgent::agent).toList();
      if (!agents.equals(published)) {
        published = agents;
        listener.accept(agents);
      }
      return true;
    } catch (IOException | RuntimeException e) {
      current = false;
      String error = e.toString();
      if (!error.equals(lastError)) {
        lastError = error;
        LOG.warn(
            "registry poll failed, keeping last known agents registry={} agents={} error={}",
            server,
            held.size(),
            error);
      }
      return false;
    }
  }

  /** Key by which no agent takes another's place: one that pushes has chosen its name itself. */
  private static String key(AgentEndpoint agent) {
    return (agent.isPushing() ? "pushing " : "polled ") + agent.name();
  }

  /** One agent for each address and port; none for an address that probes of several sites have. */
  private List<AgentEndpoint> agents(List<ListedProbe> probes) {
    Map<HostPort, Set<String>> sites = new LinkedHashMap<>();
    Map<String, Set<Integer>> ports = new TreeMap<>();
    Map<String, AgentEndpoint> pushing = new LinkedHashMap<>();
    Map<HostPort, String> names = new LinkedHashMap<>();
    for (ListedProbe probe : probes) {
      if (probe.push() && !probe.name().isEmpty()) {
        pushing.put(
            probe.name(),
            new AgentEndpoint(
                probe.name(), List.of(new HostPort(probe.ip(), probe.port())), Trust.PUSHING));
        continue;
      }
      if (beside && probe.name().isEmpty()) {
        continue;
      }
      names.putIfAbsent(new HostPort(probe.ip(), probe.port()), probe.name());
      sites
          .computeIfAbsent(new HostPort(probe.ip(), probe.port()), address -> new HashSet<>())
          .add(probe.seen());
      ports.computeIfAbsent(probe.ip(), ip -> new HashSet<>()).add(probe.port());
    }
    List<AgentEndpoint> agents = new ArrayList<>();
    Set<String> ambiguousNow = new HashSet<>();
    sites.forEach((address, seen) -> {
      if (seen.size() > 1) {
        ambiguousNow.add(address.toString());
        return;
      }
      List<HostPort> addresses = new ArrayList<>(List.of(address));
      Collection<Integer> atHost = ports.getOrDefault(address.host(), Set.of());
      if (atHost.size() == 1 && address.port() != USUAL_PORT) {
        addresses.add(new HostPort(address.host(), USUAL_PORT));
      }
      agents.add(
          beside
              ? new AgentEndpoint(names.getOrDefault(address, ""), addresses, Trust.OUTSIDE)
              : new AgentEndpoint(address.toString(), addresses));
    });
    agents.addAll(pushing.values());
    if (!ambiguousNow.equals(ambiguous)) {
      ambiguous = Set.copyOf(ambiguousNow);
      LOG.warn(
          "ambiguous addresses skipped, several sites use them and each needs a scraper of its own"
              + " registry={} addresses={}",
          server,
          ambiguous);
    }
    return agents;
  }

  @Override
  public void close() {
    stop.countDown();
    Thread following;
    synchronized (this) {
      following = thread;
    }
    if (following != null) {
      try {
        following.join(END_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
