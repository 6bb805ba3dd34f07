package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.IndexedResourceCache;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.kube.Controllers;
import io.llamamesh.operator.keys.PodIdentity;
import io.llamamesh.operator.resources.ConfigMapDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is watched, each no more than needed: by label, pruned, and with changes that do
 * not matter filtered out.
 */
final class Watches {
  private static final String OURS = "app.kubernetes.io/name=llama-mesh";
  private static final String MANAGED = OURS + ",app.kubernetes.io/managed-by=llama-mesh-operator";

  private static final List<Class<? extends HasMetadata>> OBJECTS =
      List.of(
          ServiceAccount.class,
          RoleBinding.class,
          Service.class,
          DaemonSet.class,
          Deployment.class,
          NetworkPolicy.class,
          PodDisruptionBudget.class);

  /** All that is watched in a namespace, but meshes. */
  static final List<Class<? extends HasMetadata>> NAMESPACED =
      Stream.concat(Stream.of(Pod.class, ConfigMap.class), OBJECTS.stream()).toList();

  private final IndexedResourceCache<LlamaMesh> meshes;
  private final InformerEventSource<Node, LlamaMesh> nodes;
  private final InformerEventSource<Pod, LlamaMesh> pods;
  private final InformerEventSource<ConfigMap, LlamaMesh> configMaps;
  private final Map<Class<?>, InformerEventSource<?, LlamaMesh>> objects = new LinkedHashMap<>();
  private final SimpleInboundEventSource<LlamaMesh> reports =
      new SimpleInboundEventSource<>("reports");

  Watches(EventSourceContext<LlamaMesh> context) {
    meshes = context.getPrimaryCache();
    nodes =
        new InformerEventSource<>(
            PrunedInformers.of(
                InformerEventSourceConfiguration.from(Node.class, LlamaMesh.class)
                    .withName("nodes")
                    .withWatchAllNamespaces()
                    .withFollowControllerNamespacesChanges(false)
                    .withSecondaryToPrimaryMapper(node -> everyMesh())
                    // Every node concerns every mesh: an index of that would only cost.
                    .withPrimaryToSecondaryMapper(mesh -> Set.of())
                    .withOnUpdateFilter((next, old) -> !NodeView.of(next).equals(NodeView.of(old)))
                    .build(),
                ObjectPruner::node),
            context);
    pods =
        new InformerEventSource<>(
            PrunedInformers.of(
                InformerEventSourceConfiguration.from(Pod.class, LlamaMesh.class)
                    .withName("pods")
                    .withLabelSelector(
                        OURS + "," + Names.COMPONENT_LABEL + " in (agent,registry,scraper)")
                    .withSecondaryToPrimaryMapper(Watches::meshOf)
                    .withOnUpdateFilter((next, old) -> !PodFacts.of(next).equals(PodFacts.of(old)))
                    .build(),
                ObjectPruner::pod),
            context);
    configMaps =
        new InformerEventSource<>(
            PrunedInformers.of(
                InformerEventSourceConfiguration.from(ConfigMap.class, LlamaMesh.class)
                    .withName("configmaps")
                    .withLabelSelector(
                        OURS + "," + Names.COMPONENT_LABEL + "=" + Component.CONFIG.label())
                    .withSecondaryToPrimaryMapper(Watches::meshOf)
                    .build(),
                ConfigMapDigest::prune),
            context);
    OBJECTS.forEach(type -> watch(context, type));
  }

  private <T extends HasMetadata> void watch(EventSourceContext<LlamaMesh> context, Class<T> type) {
    objects.put(
        type,
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(type, LlamaMesh.class)
                .withName(type.getSimpleName())
                .withLabelSelector(MANAGED)
                .withSecondaryToPrimaryMapper(Watches::meshOf)
                .withOnUpdateFilter((next, old) -> !differsOnlyInStatus(next, old))
                .build(),
            context));
  }

  List<EventSource<?, LlamaMesh>> all() {
    List<EventSource<?, LlamaMesh>> all = new ArrayList<>(objects.values());
    all.add(nodes);
    all.add(pods);
    all.add(configMaps);
    all.add(reports);
    return all;
  }

  /** Every node of the cluster, pruned. */
  Stream<NodeView> nodes() {
    return nodes.list(node -> true).map(NodeView::of);
  }

  /** The pods of a mesh, see {@link #isPodOf}. */
  List<PodFacts> pods(LlamaMesh mesh) {
    String name = mesh.getMetadata().getName();
    return pods.getSecondaryResources(mesh).stream()
        .filter(pod -> isPodOf(name, pod))
        .map(PodFacts::of)
        .toList();
  }

  /**
   * Whether a pod with a mesh's labels counts. Of those with an agent's only what its DaemonSet
   * controls: another one would take a node's place. Of those with a registry's only what its
   * Deployment does: a registry is shown the token, and its list decides who is probed.
   */
  static boolean isPodOf(String mesh, Pod pod) {
    if (hasComponent(pod, Component.AGENT)) {
      return Controllers.isOfDaemonSet(pod, Names.agent(mesh));
    }
    return !hasComponent(pod, Component.REGISTRY)
        || Controllers.isOfDeployment(pod, Names.registry(mesh));
  }

  /** Who the pods of a mesh are: by whose they are, never by their labels. Any thread may ask. */
  List<PodIdentity> podIdentities(LlamaMesh mesh) {
    String name = mesh.getMetadata().getName();
    return pods.getSecondaryResources(mesh).stream()
        .map(pod -> {
          PodFacts facts = PodFacts.of(pod);
          return new PodIdentity(
              facts.name(),
              facts.uid(),
              controlledBy(pod, name),
              facts.node(),
              facts.isAlive(),
              facts.hasNodeKeys());
        })
        .toList();
  }

  private static @Nullable Component controlledBy(Pod pod, String mesh) {
    if (Controllers.isOfDaemonSet(pod, Names.agent(mesh))) {
      return Component.AGENT;
    }
    return Controllers.isOfDeployment(pod, Names.scraper(mesh)) ? Component.SCRAPER : null;
  }

  private static boolean hasComponent(Pod pod, Component component) {
    return pod.getMetadata().getLabels() != null
        && component.label().equals(pod.getMetadata().getLabels().get(Names.COMPONENT_LABEL));
  }

  /** A mesh's ConfigMaps by name, pruned, our own latest writes included. */
  Map<String, ConfigMap> configMaps(LlamaMesh mesh) {
    return configMaps.getSecondaryResources(mesh).stream()
        .collect(Collectors.toMap(map -> map.getMetadata().getName(), map -> map));
  }

  /** An object as it is on the server, our own latest write included. */
  Optional<HasMetadata> actual(HasMetadata desired) {
    return source(desired).get(ResourceID.fromResource(desired)).map(found -> found);
  }

  /** The agents' DaemonSet with its latest status; null where there is none. */
  @Nullable DaemonSet agents(LlamaMesh mesh) {
    return workload(DaemonSet.class, mesh, Names.agent(mesh.getMetadata().getName()));
  }

  /** The scraper's Deployment with its latest status; null where there is none. */
  @Nullable Deployment scraper(LlamaMesh mesh) {
    return workload(Deployment.class, mesh, Names.scraper(mesh.getMetadata().getName()));
  }

  private <T> @Nullable T workload(Class<T> type, LlamaMesh mesh, String name) {
    return source(type)
        .get(new ResourceID(name, mesh.getMetadata().getNamespace()))
        .map(type::cast)
        .orElse(null);
  }

  /** A mesh's objects but ConfigMaps. */
  Stream<HasMetadata> objects(LlamaMesh mesh) {
    return objects.values().stream().flatMap(source -> secondary(source, mesh));
  }

  /** Takes note of what we wrote, so that we do not write it again before its watch event. */
  void recordWrite(HasMetadata object, Optional<? extends HasMetadata> before) {
    if (object instanceof ConfigMap map) {
      note(configMaps, ConfigMapDigest.prune(map), before, UnaryOperator.identity());
    } else {
      note(source(object), object, before, UnaryOperator.identity());
    }
  }

  @SuppressWarnings("unchecked")
  private InformerEventSource<HasMetadata, LlamaMesh> source(HasMetadata object) {
    return (InformerEventSource<HasMetadata, LlamaMesh>) source(object.getClass());
  }

  private InformerEventSource<?, LlamaMesh> source(Class<?> type) {
    return Objects.requireNonNull(objects.get(type), type.getSimpleName());
  }

  @SuppressWarnings("unchecked")
  private static <T extends HasMetadata> void note(
      InformerEventSource<T, LlamaMesh> source,
      HasMetadata object,
      Optional<? extends HasMetadata> before,
      UnaryOperator<T> view) {
    ResourceID id = ResourceID.fromResource(object);
    T next = view.apply((T) object);
    if (before.isPresent()) {
      source.handleRecentResourceUpdate(id, next, (T) before.get());
    } else {
      source.handleRecentResourceCreate(id, next);
    }
  }

  private static <T extends HasMetadata> Stream<HasMetadata> secondary(
      InformerEventSource<T, LlamaMesh> source, LlamaMesh mesh) {
    return source.getSecondaryResources(mesh).stream().map(found -> found);
  }

  /** Names of what is not watched, or not yet. */
  Set<String> unwatched() {
    List<InformerEventSource<?, LlamaMesh>> sources = new ArrayList<>(objects.values());
    sources.addAll(List.of(nodes, pods, configMaps));
    return sources.stream()
        .filter(source ->
            !source.informerHealthIndicators().values().stream()
                .allMatch(i -> i.hasSynced() && i.isRunning()))
        .map(EventSource::name)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  boolean exists(ResourceID mesh) {
    return meshes.get(mesh).isPresent();
  }

  /** Every mesh that is watched. */
  Stream<LlamaMesh> meshes() {
    return meshes.list();
  }

  /** Has a mesh reconciled again. */
  void requestReconcile(ResourceID mesh) {
    reports.propagateEvent(mesh);
  }

  private Set<ResourceID> everyMesh() {
    return meshes.list().map(ResourceID::fromResource).collect(Collectors.toSet());
  }

  private static Set<ResourceID> meshOf(HasMetadata object) {
    Map<String, String> labels = object.getMetadata().getLabels();
    String mesh = labels == null ? null : labels.get(Names.MESH_LABEL);
    return mesh == null
        ? Set.of()
        : Set.of(new ResourceID(mesh, object.getMetadata().getNamespace()));
  }

  /** A workload's status changes all the time; that of its pods is what we read. */
  private static boolean differsOnlyInStatus(HasMetadata next, HasMetadata old) {
    Long generation = next.getMetadata().getGeneration();
    return generation != null
        && generation > 0
        && generation.equals(old.getMetadata().getGeneration())
        && Objects.equals(next.getMetadata().getLabels(), old.getMetadata().getLabels())
        && Objects.equals(
            next.getMetadata().getOwnerReferences(), old.getMetadata().getOwnerReferences());
  }
}
