package io.llamamesh.agent.fabric;

import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.config.LocalAddress;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.fabric.FabricOptions;
import io.llamamesh.fabric.MemberState;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.store.ReplicatedStoreOptions;
import io.llamamesh.fabric.transport.FabricNode;
import io.llamamesh.fabric.transport.FabricNodeOptions;
import io.llamamesh.fabric.transport.FabricPersistence;
import io.llamamesh.fabric.transport.FabricStatistics;
import io.llamamesh.fabric.transport.MeshKeys;
import io.llamamesh.fabric.transport.SocketAddressText;
import io.llamamesh.fabric.transport.TransportLimits;
import io.llamamesh.fabric.transport.TransportOptions;
import io.llamamesh.results.Point.Tags;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's node of the fabric: started, moved and ended as the config says. Its peers are the
 * config's named targets that are members of the mesh, and the contact nodes. {@link #apply} comes
 * from one thread at a time; all else from any.
 */
public final class AgentFabric implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(AgentFabric.class);

  /** Longest wait for a neighbour to have all that was written here, before a node leaves. */
  private static final Duration REPLICATION_TIMEOUT = Duration.ofSeconds(1);

  /** Longest time that an agent is not ready for want of a first exchange, with others up. */
  private static final Duration SYNC_TIMEOUT = Duration.ofSeconds(60);

  /** The same while no other agent was heard of, or no config was applied. */
  private static final Duration SYNC_ALONE = Duration.ofSeconds(10);

  /** Longest wait for the same once the agent has drained, where it was not so before. */
  private static final Duration LAST_REPLICATION_TIMEOUT = Duration.ofSeconds(3);

  private static final String STOPPING = "this agent is stopping, ask another one";

  /** Longest wait for others to confirm that a node leaves. */
  private static final Duration LEAVE_TIMEOUT = Duration.ofSeconds(1);

  private final FabricSettings settings;
  private final FabricPersistence memory;
  private final Supplier<MeshKeys> keys;
  private final ReplyEvidence evidence;
  private final TopicSubscriptions topics = new TopicSubscriptions();
  private final FabricServices services;
  private volatile @Nullable FabricNode node;
  private @Nullable TransportOptions running;
  private boolean closed;
  private boolean replicated;
  private volatile boolean hasPeers;
  private volatile boolean isConfigured;
  private final long createdAt = System.nanoTime();
  private volatile long startedAt;

  /** A fabric that is off until a config is applied. */
  public AgentFabric(
      FabricSettings settings,
      FabricPersistence memory,
      Supplier<MeshKeys> keys,
      ReplyEvidence evidence) {
    this.settings = settings;
    this.memory = memory;
    this.keys = keys;
    this.evidence = evidence;
    this.services = new FabricServices(this::node, () -> isConfigured, topics);
  }

  /** Multicast and replicated store for other parts; through all of the node's lives. */
  public FabricServices services() {
    return services;
  }

  /** The node; null while the fabric is off. */
  public @Nullable FabricNode node() {
    return node;
  }

  /**
   * The reason why this agent should not count as ready: where agents are replaced one by one, each
   * must have what the others hold before the next one goes. Bounded in time, so that neither lone
   * agents nor a filtered port or a broken disk keep anybody waiting.
   *
   * @return null once the store has synced, and where there is nobody to sync with
   */
  public @Nullable String unreadyReason() {
    if (!isConfigured) {
      return System.nanoTime() - createdAt < SYNC_ALONE.toNanos()
          ? "no config has said yet whether there are others to compare the store with"
          : null;
    }
    FabricNode now = node;
    if (now == null || !hasPeers || now.problem() != null || now.store().isSynced()) {
      return null;
    }
    FabricStatistics numbers = now.statistics();
    boolean isAlone = numbers == null || numbers.members().getOrDefault(MemberState.UP, 0) <= 1;
    Duration patience = isAlone ? SYNC_ALONE : SYNC_TIMEOUT;
    return System.nanoTime() - startedAt < patience.toNanos()
        ? "the replicated store has not been compared with another agent's yet"
        : null;
  }

  /** Applies a config that runs now. */
  public synchronized void apply(CollectorConfig config, ProbePlan plan) {
    start(config, plan);
    isConfigured = true;
  }

  private void start(CollectorConfig config, ProbePlan plan) {
    CollectorConfig.Fabric section = settings.trustsDocuments() ? config.fabric() : null;
    boolean enabled = section == null ? settings.enabled() : section.isEnabled();
    String name = name(config);
    if (enabled && name == null) {
      LOG.warn("fabric stays off: give this agent a name, as source.name or NODE_NAME");
      enabled = false;
    }
    String mesh = config.mesh() == null ? settings.mesh() : config.mesh();
    if (enabled && (mesh.isBlank() || mesh.length() > FabricPeer.MAX_NAME)) {
      LOG.warn("fabric stays off: mesh must have 1 to {} characters", FabricPeer.MAX_NAME);
      enabled = false;
    }
    if (!enabled || name == null || closed) {
      stop();
      return;
    }
    int port = section == null ? settings.port() : section.portNumber();
    Map<InetSocketAddress, String> names = members(config, plan);
    Map<String, FabricPeer> observed = new LinkedHashMap<>();
    names.forEach(
        (target, member) -> observed.putIfAbsent(member, peer(member, target.getAddress(), port)));
    Map<String, FabricPeer> contacts = new LinkedHashMap<>(observed);
    settings.contacts().forEach(contact -> put(contacts, contact, port));
    if (section != null) {
      section.contactNodes().forEach(contact -> put(contacts, contact, port));
    }
    TransportOptions wanted = options(mesh, section, name, port, contacts);
    if (!wanted.equals(running)) {
      stop();
      evidence.observe(names);
      startedAt = System.nanoTime();
      node =
          FabricNode.start(
              new FabricNodeOptions(
                  wanted,
                  FabricOptions.standard(),
                  List.copyOf(contacts.values()),
                  storeOptions(Runtime.getRuntime().maxMemory())),
              memory,
              keys,
              evidence,
              new FabricLog(topics));
      running = wanted;
    }
    evidence.observe(names);
    hasPeers = !contacts.isEmpty();
    FabricNode now = node;
    if (now != null) {
      now.setPeers(contacts.values(), observed.values());
    }
  }

  /** The store's bounds: 16 MiB in all, where a quarter of the heap is not less. */
  static ReplicatedStoreOptions storeOptions(long heapBytes) {
    ReplicatedStoreOptions all = ReplicatedStoreOptions.DEFAULT;
    long total = Math.clamp(heapBytes / 4, all.valueBytes(), all.totalBytes());
    return all.withTotalBytes(total);
  }

  private @Nullable String name(CollectorConfig config) {
    CollectorConfig.Source source = config.source();
    String name = source == null || source.name() == null ? settings.name() : source.name();
    return name == null || name.isBlank() || name.length() > FabricPeer.MAX_NAME ? null : name;
  }

  /** Names of the plan's targets that are members: those that the document names and keys. */
  private static Map<InetSocketAddress, String> members(CollectorConfig config, ProbePlan plan) {
    Set<String> named = new HashSet<>();
    for (List<CollectorConfig.Target> list : config.targets().values()) {
      for (CollectorConfig.Target target : list) {
        boolean outside = target.keyed() != null && !target.keyed();
        if (target.name() != null && !outside && target.name().length() <= FabricPeer.MAX_NAME) {
          named.add(target.name());
        }
      }
    }
    Map<InetSocketAddress, String> members = new HashMap<>();
    for (ProbePlan.Pair pair : plan.pairs()) {
      String name = pair.tags().get(Tags.DST_NAME);
      if (name != null && named.contains(name)) {
        members.put(pair.target(), name);
      }
    }
    return members;
  }

  private static void put(Map<String, FabricPeer> to, CollectorConfig.Contact contact, int port) {
    to.put(
        contact.name(),
        peer(
            contact.name(),
            InetAddress.ofLiteral(contact.ip()),
            contact.port() == null ? port : contact.port()));
  }

  private static FabricPeer peer(String name, InetAddress address, int port) {
    return new FabricPeer(name, SocketAddressText.of(new InetSocketAddress(address, port)));
  }

  private TransportOptions options(
      String mesh,
      CollectorConfig.@Nullable Fabric section,
      String name,
      int port,
      Map<String, FabricPeer> contacts) {
    List<InetSocketAddress> listen =
        settings.addresses().isEmpty()
            ? List.of(new InetSocketAddress(port))
            : settings.addresses().stream().map(a -> new InetSocketAddress(a, port)).toList();
    boolean open =
        (section == null || section.allowUnauthenticated() == null)
            ? settings.allowUnauthenticated()
            : section.allowUnauthenticated();
    return new TransportOptions(
        mesh,
        peer(name, ownAddress(contacts), port),
        settings.epoch(),
        listen,
        open,
        TransportLimits.standard());
  }

  /** Address at which others reach this agent, of the family of its peers. */
  private InetAddress ownAddress(Map<String, FabricPeer> contacts) {
    InetAddress announced = settings.announced();
    if (announced != null) {
      return announced;
    }
    InetSocketAddress first =
        contacts.isEmpty()
            ? null
            : SocketAddressText.parse(contacts.values().iterator().next().address());
    for (InetAddress address : settings.addresses()) {
      if (!address.isAnyLocalAddress()
          && (first == null || address.getClass() == first.getAddress().getClass())) {
        return address;
      }
    }
    TransportOptions before = running;
    InetSocketAddress last =
        before == null ? null : SocketAddressText.parse(before.self().address());
    if (last != null && (first == null || !last.getAddress().isLoopbackAddress())) {
      return last.getAddress(); // one that is known there is not given up for another
    }
    if (first == null) {
      return InetAddress.getLoopbackAddress();
    }
    try {
      return LocalAddress.byRoute(first);
    } catch (IOException e) {
      return InetAddress.getLoopbackAddress();
    }
  }

  /** Handles that the config was removed: what only it enabled ends. */
  public synchronized void disable() {
    if (!settings.enabled()) {
      stop();
    }
  }

  private void stop() {
    FabricNode old = node;
    node = null;
    running = null;
    evidence.observe(Map.of());
    if (old != null) {
      try {
        old.store().stopWriting(STOPPING);
        var _ = old.store().tryReplicate(REPLICATION_TIMEOUT);
        var _ = old.tryLeave(LEAVE_TIMEOUT);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (RuntimeException e) {
        LOG.warn("announcing the leave failed", e);
      } finally {
        old.close();
      }
      LOG.info("fabric stopped");
    }
  }

  /**
   * Announces to the others that this agent leaves, and waits a moment for their confirmation. From
   * now on it takes no writes: what it acknowledged is with another agent, or is by {@link
   * #finish}.
   */
  public void leave(Duration patience) throws InterruptedException {
    FabricNode now = node;
    if (now != null) {
      now.store().stopWriting(STOPPING);
      replicated = now.store().tryReplicate(REPLICATION_TIMEOUT);
      boolean known = now.tryLeave(patience);
      LOG.info("fabric left confirmed={} replicated={}", known, replicated);
    }
  }

  /** Hands over what {@link #leave} could not in its time: others had half a minute since. */
  public void finish() throws InterruptedException {
    FabricNode now = node;
    if (now != null && hasPeers && !replicated) {
      replicated = now.store().tryReplicate(LAST_REPLICATION_TIMEOUT);
      if (!replicated) {
        LOG.warn("no other agent is known to have all keys that were written here");
      }
    }
  }

  /** Ends the node without announcing it. */
  @Override
  public synchronized void close() {
    closed = true;
    FabricNode old = node;
    node = null;
    if (old != null) {
      old.close();
    }
  }
}
