package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.SSABasedGenericKubernetesResourceMatcher;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.LlamaMeshStatus;
import io.llamamesh.crd.MeshDefaults;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.operator.plan.NodeFacts;
import io.llamamesh.operator.plan.Refusal;
import io.llamamesh.operator.plan.SpecCheck;
import io.llamamesh.operator.resources.Images;
import io.llamamesh.operator.resources.MeshObjects;
import io.llamamesh.operator.resources.NodeConfigMap;
import io.llamamesh.operator.resources.Owner;
import io.llamamesh.operator.resources.Writer;
import io.llamamesh.operator.resources.Writer.Outcome;
import io.llamamesh.operator.status.MeshState;
import io.llamamesh.operator.status.ReportPoller;
import io.llamamesh.operator.status.StatusWriter;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes one mesh what its resource says, and says what it is: reads what is watched, plans, writes
 * what differs, and tells.
 *
 * <p>JOSDK calls it for one mesh on one thread at a time.
 */
public final class LlamaMeshReconciler implements Reconciler<LlamaMesh> {
  private static final Logger LOG = LoggerFactory.getLogger(LlamaMeshReconciler.class);
  private static final Duration AFTER_FAILURE = Duration.ofSeconds(5);

  private final Images images;
  private final Writer writer;
  private final ReportPoller poller;
  private final Clock clock;
  private final Map<String, MeshMemory> memories = new ConcurrentHashMap<>();
  private @Nullable Watches watches;

  public LlamaMeshReconciler(Images images, Writer writer, ReportPoller poller, Clock clock) {
    this.images = images;
    this.writer = writer;
    this.poller = poller;
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
    MeshMemory memory = memory(mesh, seen);
    List<Refusal> refusals = SpecCheck.check(mesh.getSpec());
    if (refusals.isEmpty()) {
      memory.accepted = MeshDefaults.fill(mesh.getSpec());
    }
    LlamaMeshSpec spec = memory.accepted;
    boolean paused = mesh.getSpec() != null && Boolean.TRUE.equals(mesh.getSpec().paused());
    List<NodeView> nodes = seen.nodes().sorted(Comparator.comparing(NodeView::name)).toList();
    List<PodFacts> pods = seen.pods(mesh);
    MeshPlan plan = null;
    Written written = Written.NOTHING;
    if (spec != null) {
      Map<String, ConfigMap> configMaps = seen.configMaps(mesh);
      MeshFacts facts =
          FactsReader.read(mesh.getMetadata().getName(), spec, nodes, pods, configMaps.values());
      plan = memory.plan(facts);
      written = write(mesh, spec, facts, plan, configMaps, paused, context);
    }
    watch(mesh, pods, seen);
    MeshState state =
        new MeshState(
            mesh.getMetadata().getGeneration() == null ? 0 : mesh.getMetadata().getGeneration(),
            refusals,
            spec,
            paused,
            plan,
            written.stale(),
            written.outcome().failures(),
            Pods.agents(plan, nodes, pods),
            Pods.scraper(spec, pods),
            poller.view(key(mesh)));
    return tell(mesh, memory, state);
  }

  /**
   * What a look at a mesh wrote.
   *
   * @param outcome the writes
   * @param stale nodes whose ConfigMap is not current after it
   */
  private record Written(Outcome outcome, List<String> stale) {
    static final Written NOTHING = new Written(new Outcome(0, List.of()), List.of());
  }

  private Written write(
      LlamaMesh mesh,
      LlamaMeshSpec spec,
      MeshFacts facts,
      MeshPlan plan,
      Map<String, ConfigMap> configMaps,
      boolean paused,
      Context<LlamaMesh> context)
      throws InterruptedException {
    Watches seen = Objects.requireNonNull(watches);
    Owner owner =
        new Owner(
            mesh.getMetadata().getNamespace(),
            mesh.getMetadata().getName(),
            mesh.getMetadata().getUid());
    Map<String, NodeFacts> byName = new HashMap<>();
    facts.nodes().forEach(node -> byName.put(node.name(), node));
    List<ConfigMap> due = new ArrayList<>();
    Map<String, ConfigMap> orphans = new HashMap<>(configMaps);
    plan.configs()
        .forEach((node, config) -> {
          ConfigMap desired =
              NodeConfigMap.of(
                  owner, node, config, Objects.requireNonNull(byName.get(node)).joined());
          String name = desired.getMetadata().getName();
          orphans.remove(name);
          if (!NodeConfigMap.isCurrent(configMaps.get(name), desired)) {
            due.add(desired);
          }
        });
    List<ConfigMap> gone =
        orphans.values().stream().filter(map -> NodeConfigMap.node(map) != null).toList();
    if (paused) {
      return new Written(Written.NOTHING.outcome(), nodes(due));
    }
    List<HasMetadata> objects =
        MeshObjects.of(owner, spec, images).stream()
            .filter(desired -> !isCurrent(seen.actual(desired), desired, context))
            .toList();
    Outcome outcome =
        writer
            .apply(objects, object -> seen.written(object, seen.actual(object)))
            .and(
                writer.apply(
                    due,
                    map ->
                        seen.written(
                            map, Optional.ofNullable(configMaps.get(map.getMetadata().getName())))))
            .and(writer.delete(gone));
    if (outcome.written() > 0 || !outcome.failures().isEmpty()) {
      LOG.info(
          "wrote mesh={}/{} members={} objects={} configs={} removed={} failed={}",
          owner.namespace(),
          owner.name(),
          plan.members().size(),
          objects.size(),
          due.size(),
          gone.size(),
          outcome.failures().size());
    }
    if (!outcome.failures().isEmpty()) {
      LOG.warn(
          "writes failed mesh={}/{} first={}",
          owner.namespace(),
          owner.name(),
          outcome.failures().getFirst());
    }
    return new Written(outcome, List.of());
  }

  private static List<String> nodes(List<ConfigMap> maps) {
    return maps.stream().map(NodeConfigMap::node).filter(Objects::nonNull).sorted().toList();
  }

  private static boolean isCurrent(
      Optional<HasMetadata> actual, HasMetadata desired, Context<LlamaMesh> context) {
    return actual.isPresent()
        && SSABasedGenericKubernetesResourceMatcher.<HasMetadata>getInstance()
            .matches(actual.get(), desired, context);
  }

  private void watch(LlamaMesh mesh, List<PodFacts> pods, Watches seen) {
    ResourceID id = ResourceID.fromResource(mesh);
    String key = key(mesh);
    MeshMemory memory = memory(mesh, seen);
    poller.watch(
        key,
        Pods.reports(pods),
        () -> seen.exists(id),
        view -> {
          if (memory.status.isNews(view)) {
            seen.lookAt(id);
          }
        });
  }

  private UpdateControl<LlamaMesh> tell(LlamaMesh mesh, MeshMemory memory, MeshState state) {
    LlamaMeshStatus next = memory.status.next(mesh.getStatus(), state, clock.instant());
    Duration again = state.failures().isEmpty() ? StatusWriter.NUMBERS_EVERY : AFTER_FAILURE;
    if (next == null) {
      return UpdateControl.<LlamaMesh>noUpdate().rescheduleAfter(again);
    }
    LlamaMesh fresh = new LlamaMesh();
    fresh.setMetadata(
        new ObjectMetaBuilder()
            .withName(mesh.getMetadata().getName())
            .withNamespace(mesh.getMetadata().getNamespace())
            .build());
    fresh.setStatus(next);
    return UpdateControl.patchStatus(fresh).rescheduleAfter(again);
  }

  private MeshMemory memory(LlamaMesh mesh, Watches seen) {
    memories.keySet().retainAll(seen.meshes().map(LlamaMeshReconciler::key).toList());
    return memories.computeIfAbsent(key(mesh), key -> new MeshMemory());
  }

  /** A mesh that is deleted and created anew is another one. */
  private static String key(LlamaMesh mesh) {
    return mesh.getMetadata().getUid();
  }
}
