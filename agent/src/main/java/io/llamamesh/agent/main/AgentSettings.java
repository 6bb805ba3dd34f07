package io.llamamesh.agent.main;

import io.llamamesh.agent.net.Cidr;
import io.llamamesh.agent.points.LossRule;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.registration.IngestClient;
import io.llamamesh.registration.ProbeRegistration;
import io.llamamesh.registration.RegistryClient;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a program, from the command line and the environment.
 *
 * @param addresses local addresses; empty for all
 * @param mayBeMissing the addresses come from the platform, and may be out of date
 * @param reflector null for none
 * @param collector null for none
 * @param apiAddresses where the HTTP API listens; empty for the addresses above
 * @param apiPort port of the HTTP API; negative for no API
 * @param stateDir where the config's copy and closed windows go; null for nowhere
 * @param authDir folder with keys and tokens; null for no authentication
 * @param openTo networks that may read the API without a token where tokens are required
 * @param fabric settings of the fabric where the config has none; null for no fabric
 * @param nodeName tag {@code src_name} where the config does not say
 */
record AgentSettings(
    List<InetAddress> addresses,
    boolean mayBeMissing,
    @Nullable ReflectorSettings reflector,
    @Nullable CollectorSettings collector,
    List<InetAddress> apiAddresses,
    int apiPort,
    @Nullable Path stateDir,
    @Nullable Path authDir,
    List<Cidr> openTo,
    @Nullable FabricFlags fabric,
    @Nullable String nodeName) {

  /**
   * Settings of the fabric from the command line.
   *
   * @param enabled whether to take part where the config document does not say
   * @param contacts agents to ask to be taken in
   * @param allowUnauthenticated whether other hosts are spoken to without keys
   * @param address where others reach this agent's fabric; null: where it listens
   */
  record FabricFlags(
      boolean enabled,
      int port,
      List<CollectorConfig.Contact> contacts,
      boolean allowUnauthenticated,
      @Nullable InetAddress address) {
    FabricFlags {
      contacts = List.copyOf(contacts);
    }
  }

  /**
   * A reflector.
   *
   * @param threads number of threads that share the port
   * @param legacy also serves the Python LLAMA
   * @param acceptUnkeyed networks that may probe without a key where keys are required
   */
  record ReflectorSettings(
      int port, int maxPps, int threads, boolean legacy, List<Cidr> acceptUnkeyed) {
    ReflectorSettings {
      acceptUnkeyed = List.copyOf(acceptUnkeyed);
    }
  }

  /**
   * A collector.
   *
   * @param config a config file; null otherwise, with LLAMA's default where there is nothing else
   * @param kubernetes which ConfigMap; null otherwise
   * @param registry which registry; null otherwise
   * @param legacyPort the reflectors' port for config documents of the legacy form
   * @param loss rule by which its points count loss
   * @param legacyInfluxdata whether plain {@code /influxdata} has the Python LLAMA's shape
   */
  record CollectorSettings(
      @Nullable Path config,
      @Nullable Kubernetes kubernetes,
      @Nullable Registry registry,
      int legacyPort,
      LossRule loss,
      boolean legacyInfluxdata) {}

  /**
   * A registry, and this agent's registration with it.
   *
   * @param push where its windows are posted; null where it is polled
   * @param findsAddress whether it registers its own address where the registry sees another
   */
  record Registry(
      RegistryClient client,
      ProbeRegistration registration,
      @Nullable IngestClient push,
      boolean findsAddress) {}

  /** Names of the node's ConfigMap. */
  record Kubernetes(String namespace, String mesh, String node) {}

  AgentSettings {
    addresses = List.copyOf(addresses);
    apiAddresses = List.copyOf(apiAddresses);
    openTo = List.copyOf(openTo);
  }

  /** Rule by which points count loss. */
  LossRule loss() {
    return collector == null ? LossRule.NETWORK : collector.loss();
  }

  /** Returns whether plain {@code /influxdata} has the Python LLAMA's shape. */
  boolean servesLegacyInfluxdata() {
    return collector != null && collector.legacyInfluxdata();
  }

  /** Addresses to probe from. */
  List<InetAddress> probeAddresses() {
    return addresses.isEmpty() ? List.of(BindAddresses.ANY_V4, BindAddresses.ANY_V6) : addresses;
  }

  /**
   * Addresses of a TCP server: one wildcard serves both families.
   *
   * @param present those of our addresses that are there; where none is, people on this host can
   *     still ask
   */
  List<InetSocketAddress> api(List<InetAddress> present) {
    if (apiPort < 0) {
      return List.of();
    }
    if (!apiAddresses.isEmpty()) {
      return BindAddresses.at(apiAddresses, apiPort);
    }
    if (addresses.isEmpty()) {
      return List.of(new InetSocketAddress(apiPort));
    }
    return present.isEmpty()
        ? List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), apiPort))
        : present.stream().map(address -> new InetSocketAddress(address, apiPort)).toList();
  }

  /** Where windows are posted; null where this agent is polled. */
  @Nullable IngestClient push() {
    return collector == null || collector.registry() == null ? null : collector.registry().push();
  }

  /** The mesh that the environment names. */
  @Nullable String mesh() {
    return collector == null || collector.kubernetes() == null
        ? null
        : collector.kubernetes().mesh();
  }
}
