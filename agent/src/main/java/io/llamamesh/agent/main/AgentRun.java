package io.llamamesh.agent.main;

import io.llamamesh.agent.agentless.AgentlessProbing;
import io.llamamesh.agent.auth.AuthFiles;
import io.llamamesh.agent.auth.NodeKeyring;
import io.llamamesh.agent.auth.ProgramFile;
import io.llamamesh.agent.auth.TokenCheck;
import io.llamamesh.agent.burst.BurstSpread;
import io.llamamesh.agent.burst.BurstTargets;
import io.llamamesh.agent.burst.Bursts;
import io.llamamesh.agent.burst.CollectorBurst;
import io.llamamesh.agent.burst.MulticastSpread;
import io.llamamesh.agent.collector.Collector;
import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.PeerListener;
import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.config.ConfigApplier;
import io.llamamesh.agent.config.ConfigSource;
import io.llamamesh.agent.config.FileConfig;
import io.llamamesh.agent.config.HostNames;
import io.llamamesh.agent.config.HostPresence;
import io.llamamesh.agent.config.KubernetesConfig;
import io.llamamesh.agent.config.LocalAddress;
import io.llamamesh.agent.config.LocalCopy;
import io.llamamesh.agent.config.PlanMapper;
import io.llamamesh.agent.config.RegistryConfig;
import io.llamamesh.agent.fabric.AgentFabric;
import io.llamamesh.agent.fabric.FabricFiles;
import io.llamamesh.agent.fabric.FabricServices;
import io.llamamesh.agent.fabric.FabricSettings;
import io.llamamesh.agent.fabric.ReplyEvidence;
import io.llamamesh.agent.http.AgentState;
import io.llamamesh.agent.http.ApiServer;
import io.llamamesh.agent.http.ToolsApi;
import io.llamamesh.agent.kube.ApiAccess;
import io.llamamesh.agent.kube.WatchContact;
import io.llamamesh.agent.net.NativeNetwork;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.reflector.Reflector;
import io.llamamesh.agent.reflector.ReflectorCounters;
import io.llamamesh.agent.silence.ReplicatedSilences;
import io.llamamesh.agent.silence.Silences;
import io.llamamesh.agent.store.DrainUpload;
import io.llamamesh.agent.store.WindowFiles;
import io.llamamesh.agent.store.WindowPush;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfigYaml;
import io.llamamesh.fabric.transport.MeshKeys;
import io.llamamesh.registration.IngestClient;
import io.llamamesh.results.IpText;
import io.llamamesh.results.Point.Tags;
import io.llamamesh.runtime.CloseStack;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of an agent, a reflector or a collector: starts its parts, waits for the signal, drains.
 */
final class AgentRun {

  private static final Logger LOG = LoggerFactory.getLogger(AgentRun.class);

  /** Rest of a pod's grace period after the drain, less the time of closing. */
  private static final Duration UPLOAD_TIMEOUT = Duration.ofSeconds(8);

  /** Longest wait for the fabric to confirm that it knows of the end. */
  private static final Duration LEAVE_TIMEOUT = Duration.ofSeconds(1);

  private final AgentSettings settings;
  private final StopSignal stop;
  private final CloseStack closer;
  private final UdpNetwork network = NativeNetwork.orChannels();
  private final SecureRandom random = new SecureRandom();
  private final ReflectorCounters reflected = new ReflectorCounters();
  private final CollectorCounters collected = new CollectorCounters();
  private final int epoch = random.nextInt();
  private final ReplyEvidence replyEvidence = new ReplyEvidence();
  private volatile Set<InetAddress> planned = Set.of();
  private volatile BurstTargets burstTargets = BurstTargets.NONE;

  private AgentRun(AgentSettings settings, StopSignal stop, CloseStack owned) {
    this.settings = settings;
    this.stop = stop;
    this.closer = owned;
  }

  static int run(AgentSettings settings) throws IOException, InterruptedException {
    StopSignal stop = StopSignal.fromSystem();
    Signals.on("HUP", () -> {}); // until there is a file to read again
    Thread.setDefaultUncaughtExceptionHandler((thread, e) -> {
      LOG.error("thread failed thread={}", thread.getName(), e);
      stop.fail();
    });
    try (CloseStack owned = new CloseStack()) {
      new AgentRun(settings, stop, owned).serve();
    }
    return stop.hasFailed() ? 1 : 0;
  }

  private void serve() throws IOException, InterruptedException {
    Path folder = settings.stateDir();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    WindowArchive archive = closer.register(WindowFiles.open(folder)).archive();
    AuthFiles auth =
        settings.authDir() == null ? null : closer.register(AuthFiles.open(settings.authDir()));
    NodeKeyring nodeKeys = nodeKeys(folder);
    ProgramFile programs =
        settings.authDir() == null ? null : closer.register(ProgramFile.open(settings.authDir()));
    Supplier<ProbeKeys> keys = keys(auth, nodeKeys);
    Warmup warmup = Warmup.start(network, keys.get());
    AgentFabric fabric = fabric(folder, auth);
    HostAddresses hosts = hostAddresses();
    Reflectors reflectors = reflectors(keys, hosts);
    AgentlessProbing agentless =
        closer.register(
            new AgentlessProbing(
                network, settings.probeAddresses(), random, new AgentlessLog(stop)));
    Collector collector =
        settings.collector() == null
            ? null
            : closer.register(collector(archive, keys, hosts, agentless));
    HostNames names = closer.register(HostNames.ofSystem());
    ConfigApplier applier = applier(collector, warmup, names, folder);
    names.start(applier::namesChanged);
    applier.onApplied((config, plan) -> {
      burstTargets = BurstTargets.of(config, plan);
      if (nodeKeys != null) {
        nodeKeys.apply(config.isSignedByPair(), memberNames(plan));
      }
      if (fabric != null) {
        fabric.apply(config, plan);
      }
    });
    applier.onRemoved(() -> {
      burstTargets = BurstTargets.NONE;
      if (fabric != null) {
        fabric.disable();
      }
    });
    Identity identity = new Identity(applier::runningConfig, settings);
    WatchContact watch = hasRemoteConfig() ? new WatchContact(System::nanoTime) : null;
    IngestClient ingest = settings.push();
    WindowPush push =
        ingest == null
            ? null
            : closer.register(
                new WindowPush(
                    archive, ingest, identity::destinationTags, settings.loss(), random));
    AgentState state =
        new AgentState(
            network.description(),
            () -> reflectors == null ? List.of() : texts(reflectors.locals()),
            () -> reflectors == null ? 0 : reflectors.receiveBufferBytes(),
            () -> unreadyReason(hosts, fabric, nodeKeys),
            () -> collector == null ? 0 : collector.flows(),
            () ->
                collector == null
                    ? List.of()
                    : Stream.concat(
                            collector.peerStatuses().stream(), agentless.statuses().stream())
                        .toList(),
            () -> applier.state().withSkipped(agentless.problems()),
            watch,
            () -> authProblem(auth, nodeKeys, programs),
            () -> fabric == null ? null : fabric.node(),
            fabric == null ? FabricServices.off() : fabric.services(),
            identity::destinationTags,
            archive,
            collected,
            reflected,
            push,
            nodeKeys == null ? null : nodeKeys::status);
    TokenCheck tokens =
        auth == null
            ? TokenCheck.OPEN
            : TokenCheck.of(
                token -> auth.accepts(token) || (nodeKeys != null && nodeKeys.accepts(token)),
                settings.openTo());
    // Who may read without a token, or by a node's, may not act.
    TokenCheck actors =
        auth == null ? ToolsApi.sameHost() : TokenCheck.of(auth::accepts, List.of());
    ApiServer api = closer.register(api(hosts, state, tokens, actors));
    if (programs != null) {
      api.admit(programs::grants);
    }
    if (collector != null) {
      api.offer(tools(actors, keys, identity, fabric));
    }
    LOG.info(
        "agent started reflector={} api={} network=\"{}\"",
        state.reflectorAddresses().get(),
        texts(api.locals()),
        network.description());
    closer
        .register(hosts)
        .follow(address -> {
          if (reflectors != null) {
            reflectors.serve(address);
          }
          if (settings.apiAddresses().isEmpty()) {
            api.listen(new InetSocketAddress(address, settings.apiPort()));
          }
          applier.reapply();
        });
    if (push != null) {
      push.start();
    }
    // An agent that is stopped while it starts needs no config.
    try (ConfigSource source =
        stop.isRaised() ? () -> {} : config(applier, folder, watch, collector)) {
      LOG.debug("config source open source={}", source);
      stop.await();
    }
    String problem = hosts.problem();
    if (problem == null) {
      LOG.info("stopping");
    } else {
      // A kubelet probes the address that the pod has: without an answer it ends the container.
      LOG.warn("stopping error=\"{}\"", problem);
      TerminationMessage.write(TerminationMessage.FILE, problem);
    }
    if (fabric != null) {
      fabric.leave(LEAVE_TIMEOUT);
    }
    CollectorConfig config = applier.runningConfig();
    List<Reflector> running = reflectors == null ? List.of() : reflectors.running();
    boolean drained = Drain.run(stop, running, reflected, collector);
    if (fabric != null && drained) {
      fabric.finish();
    }
    if (drained && push != null) {
      push.finish(UPLOAD_TIMEOUT, stop::awaitUrgent);
    } else if (drained && config != null && config.ingest() != null) {
      var _ =
          new DrainUpload(
                  archive,
                  identity::destinationTags,
                  settings.loss(),
                  System::nanoTime,
                  stop::awaitUrgent)
              .uploadUnread(
                  config.ingest().url(),
                  Stream.of(
                          nodeKeys == null ? "" : nodeKeys.postToken(),
                          auth == null ? "" : auth.bearer())
                      .filter(token -> !token.isEmpty())
                      .toList(),
                  UPLOAD_TIMEOUT);
    }
  }

  private static @Nullable String unreadyReason(
      HostAddresses hosts, @Nullable AgentFabric fabric, @Nullable NodeKeyring nodeKeys) {
    String problem = hosts.problem();
    if (problem == null && nodeKeys != null) {
      problem = nodeKeys.unreadyReason();
    }
    return problem != null || fabric == null ? problem : fabric.unreadyReason();
  }

  private static Supplier<ProbeKeys> keys(
      @Nullable AuthFiles auth, @Nullable NodeKeyring nodeKeys) {
    if (auth == null) {
      return () -> ProbeKeys.NONE;
    }
    return nodeKeys == null ? auth::keys : () -> nodeKeys.with(auth.keys());
  }

  /** Names of the targets whose probes are signed. */
  private static Set<String> memberNames(ProbePlan plan) {
    return plan.pairs().stream()
        .filter(ProbePlan.Pair::keyed)
        .map(ProbePlan.Pair::name)
        .filter(Objects::nonNull)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Bursts and silences; without a fabric bursts of this agent alone. */
  private ToolsApi tools(
      TokenCheck actors,
      Supplier<ProbeKeys> keys,
      Identity identity,
      @Nullable AgentFabric fabric) {
    InstantSource clock = InstantSource.system();
    MulticastSpread spread =
        fabric == null
            ? null
            : closer.register(new MulticastSpread(fabric.services(), fabric::node));
    Bursts bursts =
        closer.register(
            new Bursts(
                () -> name(identity, fabric),
                () -> burstTargets,
                new CollectorBurst(network, settings.probeAddresses(), random, keys),
                spread == null ? BurstSpread.ALONE : spread,
                clock));
    Silences silences = null;
    if (fabric != null && spread != null) {
      spread.start(bursts::receive);
      silences =
          new Silences(
              new ReplicatedSilences(fabric.services(), fabric::unreadyReason),
              spread::isMember,
              clock);
    }
    return new ToolsApi(bursts, silences, actors, random, clock);
  }

  /** This agent's name in the fabric, or else in its points; null while it has none. */
  private static @Nullable String name(Identity identity, @Nullable AgentFabric fabric) {
    String inFabric = fabric == null ? null : fabric.services().self().orElse(null);
    return inFabric == null ? identity.destinationTags().get(Tags.DST_NAME) : inFabric;
  }

  private @Nullable NodeKeyring nodeKeys(@Nullable Path folder) {
    Path authDir = settings.authDir();
    NodeKeyring keyring =
        authDir == null ? null : NodeKeyring.open(authDir, folder, settings.nodeName());
    return keyring == null ? null : closer.register(keyring);
  }

  private static @Nullable String authProblem(
      @Nullable AuthFiles auth, @Nullable NodeKeyring nodeKeys, @Nullable ProgramFile programs) {
    String problem = auth == null ? null : auth.problem();
    if (problem == null && nodeKeys != null) {
      problem = nodeKeys.problem();
    }
    return problem == null && programs != null ? programs.problem() : problem;
  }

  private @Nullable AgentFabric fabric(@Nullable Path folder, @Nullable AuthFiles auth) {
    AgentSettings.FabricFlags flags = settings.fabric();
    if (flags == null) {
      return null;
    }
    String mesh = settings.mesh();
    FabricFiles files = closer.register(new FabricFiles(folder, InstantSource.system()));
    return closer.register(
        new AgentFabric(
            new FabricSettings(
                settings.collector() == null || settings.collector().registry() == null,
                flags.enabled(),
                flags.port(),
                flags.contacts(),
                flags.allowUnauthenticated(),
                mesh == null ? FabricSettings.DEFAULT_MESH : mesh,
                settings.nodeName(),
                settings.addresses(),
                flags.address(),
                epoch),
            files,
            auth == null ? () -> MeshKeys.NONE : auth::meshKeys,
            replyEvidence));
  }

  private ApiServer api(HostAddresses hosts, AgentState state, TokenCheck tokens, TokenCheck actors)
      throws IOException {
    InstantSource clock = InstantSource.system();
    try {
      return ApiServer.start(
          settings.api(hosts.present()),
          state,
          clock,
          tokens,
          actors,
          settings.loss(),
          settings.servesLegacyInfluxdata());
    } catch (IOException e) {
      if (settings.addresses().isEmpty() || !hosts.present().isEmpty()) {
        throw e;
      }
      // Another agent of this host waits for its address, too.
      LOG.warn("API waits for an address error={}", e.getMessage());
      return ApiServer.start(
          List.of(),
          state,
          clock,
          tokens,
          actors,
          settings.loss(),
          settings.servesLegacyInfluxdata());
    }
  }

  private static List<String> texts(List<InetSocketAddress> addresses) {
    return addresses.stream().map(IpText::of).toList();
  }

  private @Nullable Reflectors reflectors(Supplier<ProbeKeys> keys, HostAddresses hosts)
      throws IOException {
    AgentSettings.ReflectorSettings wanted = settings.reflector();
    if (wanted == null) {
      return null;
    }
    Reflectors reflectors =
        closer.register(new Reflectors(network, wanted, epoch, keys, reflected));
    reflectors.start(
        settings.addresses().isEmpty()
            ? BindAddresses.wildcard(network, wanted.port())
            : BindAddresses.at(hosts.present(), wanted.port()));
    return reflectors;
  }

  private HostAddresses hostAddresses() {
    return settings.mayBeMissing()
        ? HostAddresses.of(settings.addresses(), HostPresence::canBind)
        : HostAddresses.given(settings.addresses());
  }

  private Collector collector(
      WindowArchive archive,
      Supplier<ProbeKeys> keys,
      HostAddresses hosts,
      AgentlessProbing agentless)
      throws IOException {
    return Collector.start(
        network,
        settings.probeAddresses(),
        random,
        archive,
        collected,
        this::reflectedSinceLastWindow,
        keys,
        settings.fabric() == null ? new PeerLog() : PeerListener.both(new PeerLog(), replyEvidence),
        new CollectorLog(stop, hosts::isMissing),
        agentless);
  }

  private List<ClosedWindow.Reflected> reflectedSinceLastWindow() {
    return reflected.sources().takeCounts(planned).stream()
        .map(r -> new ClosedWindow.Reflected(IpText.of(r.source()), r.probes()))
        .toList();
  }

  private ConfigApplier applier(
      @Nullable Collector collector, Warmup warmup, HostNames names, @Nullable Path folder) {
    AgentSettings.CollectorSettings wanted = settings.collector();
    return new ConfigApplier(
        new PlanMapper(
            localAddress(),
            HostPresence::canBind,
            settings.nodeName(),
            settings.authDir() != null,
            settings.reflector() == null ? 0 : settings.reflector().port()),
        names,
        plan -> {
          if (collector != null) {
            warmup.await();
            planned =
                plan.pairs().stream()
                    .map(pair -> pair.target().getAddress())
                    .collect(Collectors.toUnmodifiableSet());
            collector.apply(plan);
          }
        },
        copy(folder),
        wanted == null ? 0 : wanted.legacyPort(),
        HostName.find());
  }

  private @Nullable LocalCopy copy(@Nullable Path folder) {
    AgentSettings.CollectorSettings wanted = settings.collector();
    return folder == null || wanted == null || wanted.config() != null
        ? null
        : new LocalCopy(folder);
  }

  private boolean hasRemoteConfig() {
    AgentSettings.CollectorSettings wanted = settings.collector();
    return wanted != null && (wanted.kubernetes() != null || wanted.registry() != null);
  }

  private ConfigSource config(
      ConfigApplier applier,
      @Nullable Path folder,
      @Nullable WatchContact watch,
      @Nullable Collector collector)
      throws IOException {
    AgentSettings.CollectorSettings wanted = settings.collector();
    if (wanted == null) {
      return () -> {};
    }
    Path config = wanted.config();
    if (config != null) {
      FileConfig file = new FileConfig(config, applier);
      Signals.on("HUP", file::tryLoad);
      if (!file.tryLoad()) {
        throw new IOException("config " + config + ": " + applier.state().error());
      }
      return () -> {};
    }
    AgentSettings.Registry registry = wanted.registry();
    if (registry != null && watch != null && collector != null) {
      return RegistryConfig.start(
          registry.client(),
          registry.registration(),
          registry.findsAddress(),
          applier,
          copy(folder),
          watch,
          collector::recordNetworkWorks);
    }
    AgentSettings.Kubernetes names = wanted.kubernetes();
    if (names == null || watch == null) {
      String yaml =
          CollectorConfigYaml.write(CollectorConfigYaml.llamaDefault(wanted.legacyPort()));
      applier.tryApply(yaml, "LLAMA's default, since no config is given");
      return () -> {};
    }
    return KubernetesConfig.start(
        ApiAccess.of(System.getenv()),
        names.namespace(),
        names.mesh(),
        names.node(),
        applier,
        copy(folder),
        watch);
  }

  /** Lookup of local addresses: a bound one, or that of the routing table where all are bound. */
  private LocalAddress localAddress() {
    List<InetAddress> bound = settings.addresses();
    return target -> {
      for (InetAddress address : bound) {
        if (!address.isAnyLocalAddress() && address.getClass() == target.getAddress().getClass()) {
          return address;
        }
      }
      return LocalAddress.byRoute(target);
    };
  }
}
