package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.LlamaMeshStatus;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.operator.keys.KeyServing;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.operator.plan.SpecRefusal;
import io.llamamesh.operator.reconcile.MeshWriter.Written;
import io.llamamesh.operator.report.RegistryPoller;
import io.llamamesh.operator.report.ReportPoller;
import io.llamamesh.operator.resources.AcceptedSpecConfigMap;
import io.llamamesh.operator.resources.ClaimLeases;
import io.llamamesh.operator.resources.EventLog;
import io.llamamesh.operator.resources.EventWriter;
import io.llamamesh.operator.resources.MeshStatusWriter;
import io.llamamesh.operator.resources.ObjectWriter;
import io.llamamesh.operator.resources.Owner;
import io.llamamesh.operator.resources.PodSettings;
import io.llamamesh.operator.resources.PrometheusOperatorApi;
import io.llamamesh.operator.resources.RegistryConfigMap;
import io.llamamesh.operator.resources.RegistryToken;
import io.llamamesh.operator.resources.ScraperLease;
import io.llamamesh.operator.status.AgentsReadiness;
import io.llamamesh.operator.status.FabricPorts;
import io.llamamesh.operator.status.MeshState;
import io.llamamesh.operator.status.NameList;
import io.llamamesh.operator.status.RegistryView;
import io.llamamesh.operator.status.ScraperReadiness;
import io.llamamesh.operator.status.StatusThrottle;
import io.llamamesh.operator.status.TransitionEvent;
import io.llamamesh.registration.RegistryClient.ListedProbe;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reconciler of meshes: reads what is watched, plans, writes what differs, and updates the status.
 *
 * <p>JOSDK calls it for one mesh on one thread at a time.
 */
public final class LlamaMeshReconciler implements Reconciler<LlamaMesh> {
  private static final Logger LOG = LoggerFactory.getLogger(LlamaMeshReconciler.class);
  private static final Duration SOON = Duration.ofSeconds(5);

  private static final int MAX_NAMED_FIELDS = 5;

  /** As soon as another reconciliation is allowed. */
  private static final Duration RATE_LIMIT = Duration.ofSeconds(1);

  private final MeshWriter writer;
  private final EventWriter events;
  private final EventLog eventLog;
  private final ReportPoller poller;
  private final RegistryPoller registries;
  private final ScraperLease leases;
  private final MeshClaims claims;
  private final Map<String, String> managedByAnother = new ConcurrentHashMap<>();
  private final PrometheusOperatorApi monitoring;
  private final String identity;
  private final @Nullable KeyServing serving;
  private final Clock clock;
  private final OperatorMeters meters;
  private final Map<String, MeshMemory> memories = new ConcurrentHashMap<>();
  private final KeyRingCache keyRings = new KeyRingCache();
  private final MeshStatusWriter statuses = new MeshStatusWriter();

  /** Fields that the CRD lacks, by the mesh's uid, as its Event has them. */
  private final Map<String, List<String>> leftOutBefore = new ConcurrentHashMap<>();

  private final LongAdder reconciliations = new LongAdder();
  private volatile @Nullable Watches watches;
  private volatile boolean stopped;

  public LlamaMeshReconciler(
      PodSettings settings,
      ObjectWriter writer,
      EventWriter events,
      EventLog eventLog,
      ReportPoller poller,
      RegistryPoller registries,
      ScraperLease leases,
      ClaimLeases claims,
      String identity,
      PrometheusOperatorApi monitoring,
      @Nullable KeyServing serving,
      Clock clock,
      MeterRegistry registry) {
    this.meters = new OperatorMeters(registry);
    meters.gauge("meshes", "Meshes that this operator reconciles", memories, Map::size);
    meters.gauge(
        "members",
        "Member nodes of all meshes",
        memories,
        all -> all.values().stream().mapToInt(MeshMemory::members).sum());
    this.claims = new MeshClaims(claims, identity, clock);
    meters.gauge(
        "meshes.managed.by.another",
        "Meshes skipped, since another operator manages them",
        managedByAnother,
        Map::size);
    this.identity = identity;
    this.events = events;
    this.eventLog = eventLog;
    this.writer = new MeshWriter(settings, writer, serving, clock);
    this.serving = serving;
    this.poller = poller;
    meters.gauge(
        "report.watches",
        "Watches of scrapers' reports that are open",
        poller,
        ReportPoller::openWatches);
    meters.counter(
        "report.watches.ended",
        "Watches of scrapers' reports that ended or could not be opened; polling goes on",
        poller,
        ReportPoller::endedWatches);
    this.registries = registries;
    this.leases = leases;
    this.monitoring = monitoring;
    this.clock = clock;
  }

  @Override
  public List<EventSource<?, LlamaMesh>> prepareEventSources(
      EventSourceContext<LlamaMesh> context) {
    Watches made = new Watches(context);
    watches = made;
    return made.all();
  }

  @Override
  public UpdateControl<LlamaMesh> reconcile(LlamaMesh mesh, Context<LlamaMesh> context)
      throws InterruptedException {
    Watches seen = Objects.requireNonNull(watches, "prepared before the first reconcile");
    forgetDeletedMeshes(seen);
    List<NodeView> nodes = seen.nodes().sorted(Comparator.comparing(NodeView::name)).toList();
    List<PodFacts> pods = seen.pods(mesh);
    List<ConfigMap> configMaps = List.copyOf(seen.configMaps(mesh).values());
    if (stopped) {
      // A watch that has been ended shows no nodes, and a mesh without nodes would be taken down.
      return UpdateControl.noUpdate();
    }
    Owner owner = owner(mesh);
    String another = claims.claim(owner);
    if (another != null) {
      return skipManagedByAnother(owner, another);
    }
    managedByAnother.remove(owner.uid());
    MeshMemory memory = memories.computeIfAbsent(key(mesh), key -> new MeshMemory(keyRings));
    Set<String> admitted =
        memory.joins.admit(FactsReader.joining(pods, configMaps), clock.instant());
    Supplier<List<ListedProbe>> outside = () -> outside(mesh, owner, context);
    List<SpecRefusal> refusals =
        Acceptance.evaluate(
            mesh,
            memory,
            settings ->
                FactsReader.read(owner, settings, nodes, pods, configMaps, admitted, outside),
            seen.meshes().flatMap(other -> Acceptance.portUse(other, memories.get(key(other)))),
            () -> saved(mesh, owner, context),
            meters.plans());
    AcceptedSpec accepted = memory.accepted;
    MeshSettings settings = accepted == null ? null : accepted.settings();
    boolean paused = mesh.getSpec() != null && Boolean.TRUE.equals(mesh.getSpec().paused());
    MeshPlan plan = null;
    Written written = Written.NOTHING;
    if (accepted != null) {
      MeshFacts facts =
          FactsReader.read(owner, accepted.settings(), nodes, pods, configMaps, admitted, outside);
      plan = memory.plan(facts, meters.plans());
      written =
          writer.write(
              mesh, owner, memory, accepted.written(), nodes, facts, plan, paused, seen, context);
      meters.recordWrites(
          written.outcome().written(),
          written.outcome().failures().size() + written.outcome().taken().size());
      if (!paused) {
        memory.monitoring.ensure(
            mesh,
            owner,
            accepted.settings(),
            monitoring,
            clock.instant(),
            n -> meters.recordWrites(n, 0));
      }
    }
    memory.joins.recordWritten(written.configs());
    memory.network.configure(
        StatusThrottle.interval(settings),
        judged(plan, memory.leavingNodes.latest(), pods),
        FabricPorts.of(settings));
    watch(mesh, owner, memory, settings, pods, seen);
    boolean registers = settings != null && settings.registration() != null;
    watchRegistry(mesh, owner, settings, pods, seen, context);
    AgentsReadiness agents = PodReadiness.agents(plan, nodes, pods);
    ScraperRollout rollout = ScraperRollout.of(seen.scraper(mesh));
    ScraperReadiness scraper =
        PodReadiness.scraper(settings == null ? 1 : settings.scraper().replicas(), pods)
            .withOlder(rollout.older());
    memory.diagnosis.refresh(owner, agents, scraper, pods, eventLog, clock.instant());
    List<AddressChange> changes = AddressChange.of(plan, nodes, pods);
    IntOrString maxUnavailable =
        settings == null ? new IntOrString(1) : settings.agent().maxUnavailable();
    if (!paused && settings != null) {
      memory
          .replacement
          .due(changes, agents, maxUnavailable, clock.instant())
          .forEach(change -> replaceAgent(change, owner, memory, context));
    }
    AgentsReadiness explained =
        AgentRollout.explain(
            memory.replacement.explain(
                memory.diagnosis.explain(owner, agents, pods), changes, paused),
            seen.agents(mesh),
            maxUnavailable,
            nodes,
            pods);
    MeshState state =
        new MeshState(
            Objects.requireNonNullElse(mesh.getMetadata().getGeneration(), 0L),
            refusals,
            settings,
            paused,
            plan,
            written.stale(),
            written.outcome().failures(),
            written.outcome().taken(),
            explained,
            rollout.explain(memory.diagnosis.explain(owner, scraper, pods), clock.instant()),
            memory.network.assess(poller.view(key(mesh)), clock.instant()),
            registers ? registries.view(key(mesh)) : null,
            memory.programs.read(
                owner, settings, name -> secret(owner, name, context), clock.instant()));
    UpdateControl<LlamaMesh> update = updateStatus(mesh, context, owner, memory, state);
    reconciliations.increment();
    return update;
  }

  /** Reconciles nothing any more; to be called before the watches end. Any thread may call. */
  public void stop() {
    stopped = true;
  }

  /** Whether it was stopped. Any thread may ask. */
  public boolean isStopped() {
    return stopped;
  }

  /** Names of what is not watched, or not yet; empty where all is well. Any thread may ask. */
  public Set<String> unwatched() {
    Watches seen = watches;
    return seen == null ? Set.of("everything") : seen.unwatched();
  }

  /** Reconciliations since the start, failed ones apart. Any thread may ask. */
  public long reconciliations() {
    return reconciliations.sum();
  }

  /** The kinds that are watched in each namespace, but meshes. */
  public static List<Class<? extends HasMetadata>> namespacedKinds() {
    return Watches.NAMESPACED;
  }

  private static Owner owner(LlamaMesh mesh) {
    ObjectMeta metadata = mesh.getMetadata();
    return new Owner(metadata.getNamespace(), metadata.getName(), metadata.getUid());
  }

  private static @Nullable Secret secret(Owner owner, String name, Context<LlamaMesh> context) {
    return context.getClient().secrets().inNamespace(owner.namespace()).withName(name).get();
  }

  private static @Nullable LlamaMeshSpec saved(
      LlamaMesh mesh, Owner owner, Context<LlamaMesh> context) {
    return AcceptedSpecConfigMap.read(
        owner,
        context
            .getClient()
            .configMaps()
            .inNamespace(mesh.getMetadata().getNamespace())
            .withName(AcceptedSpecConfigMap.name(mesh.getMetadata().getName()))
            .get());
  }

  private void watch(
      LlamaMesh mesh,
      Owner owner,
      MeshMemory memory,
      @Nullable MeshSettings settings,
      List<PodFacts> pods,
      Watches seen) {
    ResourceID id = ResourceID.fromResource(mesh);
    poller.watch(
        key(mesh),
        StatusThrottle.interval(settings),
        settings != null && settings.fabric().enabled(),
        PodReadiness.scraperEndpoints(pods),
        () -> leases.holder(owner),
        () -> seen.exists(id) && memories.containsKey(owner.uid()),
        view -> {
          Instant now = clock.instant();
          if (memory.status.shouldWrite(memory.network.assess(view, now), now)) {
            seen.requestReconcile(id);
          }
        });
  }

  /** Members whose absence is trouble: their agent should run, and they do not leave. */
  private static Set<String> judged(
      @Nullable MeshPlan plan, Set<String> leaving, List<PodFacts> pods) {
    if (plan == null) {
      return Set.of();
    }
    Set<String> running =
        pods.stream()
            .filter(pod -> pod.hasComponent(Component.AGENT) && pod.isAlive())
            .map(PodFacts::node)
            .filter(Objects::nonNull)
            .collect(Collectors.toSet());
    return plan.members().stream()
        .filter(node -> running.contains(node) && !leaving.contains(node))
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Probes that are registered; before anybody was asked those that were last. */
  private List<ListedProbe> outside(LlamaMesh mesh, Owner owner, Context<LlamaMesh> context) {
    RegistryView view = registries.view(key(mesh));
    return view.equals(RegistryView.NOT_ASKED) ? lastRegistered(owner, context) : view.probes();
  }

  /** What is watched has a digest in place of this. */
  private static List<ListedProbe> lastRegistered(Owner owner, Context<LlamaMesh> context) {
    return RegistryConfigMap.probes(
        context
            .getClient()
            .configMaps()
            .inNamespace(owner.namespace())
            .withName(Names.registry(owner.name()))
            .get());
  }

  private void watchRegistry(
      LlamaMesh mesh,
      Owner owner,
      @Nullable MeshSettings settings,
      List<PodFacts> pods,
      Watches seen,
      Context<LlamaMesh> context) {
    MeshSettings.RegistrationSettings registration =
        settings == null ? null : settings.registration();
    if (settings == null || registration == null) {
      registries.forget(key(mesh));
      return;
    }
    ResourceID id = ResourceID.fromResource(mesh);
    RegistryToken token =
        new RegistryToken(context.getClient(), owner.namespace(), registration.tokenSecret());
    registries.watch(
        key(mesh),
        PodReadiness.registries(pods),
        token::read,
        settings.tagLabels().keySet(),
        () -> lastRegistered(owner, context),
        () -> seen.exists(id) && memories.containsKey(owner.uid()),
        () -> seen.requestReconcile(id));
  }

  /** Has the DaemonSet make another pod, which gets the address that the node has now. */
  private void replaceAgent(
      AddressChange change, Owner owner, MeshMemory memory, Context<LlamaMesh> context) {
    try {
      context.getClient().pods().inNamespace(owner.namespace()).withName(change.pod()).delete();
      memory.replacement.recordDeletion(change, clock.instant());
      LOG.info(
          "agent replaced, its node has another address mesh={}/{} node={} from={} to={}",
          owner.namespace(),
          owner.name(),
          change.node(),
          change.from(),
          change.to());
    } catch (KubernetesClientException e) {
      memory.replacement.recordFailure(String.valueOf(e.getMessage()), clock.instant());
      LOG.warn(
          "agent not replaced mesh={}/{} pod={} error={}",
          owner.namespace(),
          owner.name(),
          change.pod(),
          e.getMessage());
    }
  }

  private UpdateControl<LlamaMesh> updateStatus(
      LlamaMesh mesh, Context<LlamaMesh> context, Owner owner, MeshMemory memory, MeshState state) {
    Instant now = clock.instant();
    LlamaMeshStatus given = mesh.getStatus();
    LlamaMeshStatus before = given == null || !given.isObserved() ? null : given;
    LlamaMeshStatus next = memory.status.next(before, state, now);
    // Of the end of a conflict with another mesh, and of Events about pods, there is no watch
    // event.
    boolean unsettled =
        !state.failures().isEmpty()
            || !state.taken().isEmpty()
            || !state.refusals().isEmpty()
            || !state.agents().missing().isEmpty()
            || state.agents().obstacle() != null
            || !state.scraper().isComplete()
            || (state.programs() != null && !state.programs().isUsable());
    Duration due = memory.status.dueIn(state.network(), now);
    Duration latest = unsettled ? SOON : MeshClaims.RENEWAL;
    Duration atMost = memory.joins.isHolding() ? RATE_LIMIT : latest;
    Duration again = due.compareTo(atMost) > 0 ? atMost : due;
    if (next == null) {
      return UpdateControl.<LlamaMesh>noUpdate().rescheduleAfter(again);
    }
    for (TransitionEvent a : memory.transitionEvents.next(before, next, now)) {
      events.write(owner, a.warning(), a.reason(), a.note(), now);
    }
    LlamaMesh fresh = new LlamaMesh();
    fresh.setMetadata(
        new ObjectMetaBuilder()
            .withName(mesh.getMetadata().getName())
            .withNamespace(mesh.getMetadata().getNamespace())
            .build());
    fresh.setStatus(next);
    MeshStatusWriter.WrittenStatus written = statuses.write(context.getClient(), fresh, now);
    // As JOSDK does with a status that it writes itself: the next reconciliation sees it at once.
    context
        .eventSourceRetriever()
        .getControllerEventSource()
        .handleRecentResourceUpdate(ResourceID.fromResource(mesh), written.mesh(), mesh);
    warnOfOlderCrd(owner, written.leftOut(), now);
    return UpdateControl.<LlamaMesh>noUpdate().rescheduleAfter(again);
  }

  /** Helm does not update a CRD: whoever upgrades has to. */
  private void warnOfOlderCrd(Owner owner, List<String> leftOut, Instant now) {
    if (leftOut.isEmpty()) {
      leftOutBefore.remove(owner.uid());
      return;
    }
    if (leftOut.equals(leftOutBefore.put(owner.uid(), leftOut))) {
      return;
    }
    String note =
        "the CRD in this cluster is older than this operator; its status lacks "
            + NameList.abbreviated(leftOut, MAX_NAMED_FIELDS)
            + ", so that they are left out, and what is new in spec is not understood. Apply this"
            + " release's CRD: kubectl apply --server-side --force-conflicts -f crds/ of the chart";
    LOG.warn(
        "mesh has an older CRD mesh={}/{} leftOut={}", owner.namespace(), owner.name(), leftOut);
    events.write(owner, true, "CrdOutdated", note, now);
  }

  private void forgetDeletedMeshes(Watches seen) {
    Set<String> there = seen.meshes().map(LlamaMeshReconciler::key).collect(Collectors.toSet());
    memories.keySet().retainAll(there);
    leftOutBefore.keySet().retainAll(there);
    managedByAnother.keySet().retainAll(there);
    claims.retain(there);
    if (serving != null) {
      serving.retain(there);
    }
  }

  /** Another operator manages it: what this one wrote would be undone, and its status too. */
  private UpdateControl<LlamaMesh> skipManagedByAnother(Owner owner, String another) {
    memories.remove(owner.uid());
    if (serving != null) {
      serving.remove(owner.uid());
    }
    if (!another.equals(managedByAnother.put(owner.uid(), another))) {
      LOG.warn(
          "mesh skipped, managed by another operator mesh={}/{} operator={}",
          owner.namespace(),
          owner.name(),
          another);
      events.write(
          owner,
          true,
          "ManagedByAnother",
          "managed by the operator "
              + another
              + ", so that "
              + identity
              + " leaves it alone; let only one of them watch this namespace (watch.namespaces)."
              + " It takes over when the other has been gone for "
              + MeshClaims.EXPIRY.toMinutes()
              + " minutes",
          clock.instant());
    }
    reconciliations.increment();
    return UpdateControl.<LlamaMesh>noUpdate().rescheduleAfter(MeshClaims.RENEWAL);
  }

  /** A mesh that is deleted and created anew is another one. */
  private static String key(LlamaMesh mesh) {
    return mesh.getMetadata().getUid();
  }
}
