package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.SSABasedGenericKubernetesResourceMatcher;
import io.llamamesh.config.CollectorConfigWriter;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.Names;
import io.llamamesh.operator.keys.KeyServing;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.operator.plan.OutsideTargets;
import io.llamamesh.operator.reconcile.ConfigMapCache.Draft;
import io.llamamesh.operator.resources.AcceptedSpecConfigMap;
import io.llamamesh.operator.resources.ConfigMapDigest;
import io.llamamesh.operator.resources.LeavingNodesConfigMap;
import io.llamamesh.operator.resources.MeshObjects;
import io.llamamesh.operator.resources.NodeConfigMap;
import io.llamamesh.operator.resources.ObjectWriter;
import io.llamamesh.operator.resources.ObjectWriter.Outcome;
import io.llamamesh.operator.resources.Owner;
import io.llamamesh.operator.resources.PodSettings;
import io.llamamesh.operator.resources.RegistryConfigMap;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writer of one mesh: writes what differs from what is there, and deletes what is obsolete. */
final class MeshWriter {
  private static final Logger LOG = LoggerFactory.getLogger(MeshWriter.class);

  private final PodSettings settings;
  private final ObjectWriter writer;
  private final Clock clock;
  private final @Nullable KeyServing serving;

  /**
   * @param serving hands out keys of nodes; absent: nobody does here
   */
  MeshWriter(PodSettings settings, ObjectWriter writer, @Nullable KeyServing serving, Clock clock) {
    this.settings = settings;
    this.serving = serving;
    this.writer = writer;
    this.clock = clock;
  }

  /**
   * Result of writing a mesh.
   *
   * @param outcome the writes
   * @param configs how many nodes' configs were to be written
   * @param stale nodes whose ConfigMap is not current, since nothing may be written
   */
  record Written(Outcome outcome, int configs, List<String> stale) {
    static final Written NOTHING = new Written(new Outcome(0, List.of()), 0, List.of());
  }

  /**
   * Writes a mesh.
   *
   * @param accepted the spec in force, as it was written
   * @param nodes all of the cluster's
   * @param facts the facts that the plan was made from
   * @param paused find out only, write nothing but which nodes are leaving
   */
  Written write(
      LlamaMesh mesh,
      Owner owner,
      MeshMemory memory,
      LlamaMeshSpec accepted,
      List<NodeView> nodes,
      MeshFacts facts,
      MeshPlan plan,
      boolean paused,
      Watches seen,
      Context<LlamaMesh> context)
      throws InterruptedException {
    Map<String, ConfigMap> actual = seen.configMaps(mesh);
    CollectorConfigWriter documents = new CollectorConfigWriter();
    ConfigMap kept = AcceptedSpecConfigMap.of(owner, accepted);
    String keptName = kept.getMetadata().getName();
    boolean keep = !ConfigMapDigest.isCurrent(actual.get(keptName), ConfigMapDigest.prune(kept));
    Set<String> names = new HashSet<>(Set.of(keptName));
    List<Draft> due = due(owner, memory, facts, plan, actual, documents, names);
    Optional<ConfigMap> leaving = leaving(owner, memory, plan, actual, nodes);
    leaving.ifPresent(map -> names.add(map.getMetadata().getName()));
    String registryName = Names.registry(owner.name());
    List<ConfigMap> registry =
        facts.settings().registration() == null
            ? List.of()
            : List.of(
                RegistryConfigMap.of(
                    owner,
                    OutsideTargets.nodes(facts, plan),
                    plan.outside().reserved(),
                    facts.outside()));
    registry.forEach(map -> names.add(map.getMetadata().getName()));
    String leavingName = Names.leavingConfigMap(owner.name());
    String keysName = Names.keysConfigMap(owner.name());
    NodeKeyReconciler.Result keys =
        nodeKeys(mesh, owner, memory, facts, plan, nodes, paused, seen, context);
    if (facts.settings().keys().ofNodes()) {
      names.add(keysName);
    }
    List<ConfigMap> keysDue =
        keys
            .service()
            .filter(
                map -> !ConfigMapDigest.isCurrent(actual.get(keysName), ConfigMapDigest.prune(map)))
            .stream()
            .toList();
    List<ConfigMap> gone =
        actual.values().stream()
            .filter(map -> !names.contains(map.getMetadata().getName()))
            .filter(map ->
                NodeConfigMap.node(map) != null
                    || Set.of(leavingName, registryName, keysName)
                        .contains(map.getMetadata().getName()))
            .toList();
    List<ConfigMap> registryDue =
        registry.stream()
            .filter(map ->
                !ConfigMapDigest.isCurrent(actual.get(registryName), ConfigMapDigest.prune(map)))
            .toList();
    List<ConfigMap> leavingDue =
        leaving
            .filter(map ->
                !ConfigMapDigest.isCurrent(actual.get(leavingName), ConfigMapDigest.prune(map)))
            .stream()
            .toList();
    Consumer<ConfigMap> written =
        map -> seen.recordWrite(map, Optional.ofNullable(actual.get(map.getMetadata().getName())));
    Function<ConfigMap, @Nullable ConfigMap> there = map -> actual.get(map.getMetadata().getName());
    if (paused) {
      // Scrapers go on judging, so they must know whom to leave out.
      Outcome leavingOutcome =
          writer
              .write(leavingDue, there, written)
              .and(
                  writer.delete(
                      gone.stream()
                          .filter(map -> map.getMetadata().getName().equals(leavingName))
                          .toList()));
      return new Written(leavingOutcome, 0, due.stream().map(Draft::node).toList());
    }
    // Pods that wait for keys which nobody hands out would hand over no last windows.
    boolean handedOut =
        serving != null && (keys.service().isPresent() || actual.containsKey(keysName));
    MeshSettings served = handedOut ? facts.settings() : facts.settings().withoutKeysOfNodes();
    List<HasMetadata> all = MeshObjects.of(owner, served, settings);
    RecreatedServiceAccounts.annotateTemplates(all, seen::actual);
    List<HasMetadata> objects =
        all.stream().filter(object -> !isCurrent(seen.actual(object), object, context)).toList();
    Outcome outcome =
        authenticate(mesh, owner, memory, facts.settings(), context)
            .and(keys.outcome())
            .and(writer.write(keysDue, there, written))
            .and(write(objects, MeshWriter::isIdentity, seen));
    // With an account or keys that are somebody else's, no pod of ours shall run.
    if (outcome.taken().isEmpty()) {
      outcome = outcome.and(write(objects, object -> !isIdentity(object), seen));
    }
    outcome =
        outcome
            // Before its peers forget it: from then on their last windows of it count.
            .and(writer.write(leavingDue, there, written))
            .and(writer.write(registryDue, there, written))
            .and(writer.write(keep ? List.of(kept) : List.of(), there, written))
            .and(
                writer.write(
                    due,
                    draft -> memory.configMapCache.written(owner, draft, documents),
                    there,
                    written))
            .and(writer.delete(gone))
            .and(writer.delete(obsolete(owner, all, seen.objects(mesh))));
    logOutcome(
        owner, memory, plan, objects.size(), due.size() + (keep ? 1 : 0), gone.size(), outcome);
    return new Written(outcome, due.size(), List.of());
  }

  private NodeKeyReconciler.Result nodeKeys(
      LlamaMesh mesh,
      Owner owner,
      MeshMemory memory,
      MeshFacts facts,
      MeshPlan plan,
      List<NodeView> nodes,
      boolean paused,
      Watches seen,
      Context<LlamaMesh> context) {
    if (facts.settings().keys().ofNodes()) {
      return memory.nodeKeys.ensure(
          mesh,
          owner,
          facts.settings(),
          plan,
          nodes,
          () -> seen.podIdentities(mesh),
          context.getClient(),
          serving,
          paused,
          clock.instant());
    }
    if (serving != null) {
      serving.remove(owner.uid());
    }
    return new NodeKeyReconciler.Result(new Outcome(0, List.of()), Optional.empty());
  }

  /** The ConfigMap of nodes that are leaving; empty where there are none. */
  private Optional<ConfigMap> leaving(
      Owner owner,
      MeshMemory memory,
      MeshPlan plan,
      Map<String, ConfigMap> actual,
      List<NodeView> all) {
    Set<String> ours = new HashSet<>(plan.selected());
    actual.values().stream().map(NodeConfigMap::node).filter(Objects::nonNull).forEach(ours::add);
    SortedSet<String> nodes = memory.leavingNodes.update(all, ours, clock.instant());
    return nodes.isEmpty() ? Optional.empty() : Optional.of(LeavingNodesConfigMap.of(owner, nodes));
  }

  /**
   * Nodes whose ConfigMap is not what it shall be, by name, in the order in which they are written.
   *
   * @param names takes the names of all that shall be
   */
  private static List<Draft> due(
      Owner owner,
      MeshMemory memory,
      MeshFacts facts,
      MeshPlan plan,
      Map<String, ConfigMap> actual,
      CollectorConfigWriter documents,
      Set<String> names) {
    List<Draft> due = new ArrayList<>();
    Map<String, @Nullable Instant> joined = new HashMap<>();
    facts.nodes().forEach(node -> joined.put(node.name(), node.joined()));
    plan.configs()
        .forEach((node, config) -> {
          Draft draft = new Draft(node, config, joined.get(node));
          String name = Names.nodeConfigMap(owner.name(), node);
          names.add(name);
          ConfigMap there = actual.get(name);
          // What is not there at all is due without being compared: it is made once, as it is
          // written.
          if (there == null
              || !ConfigMapDigest.isCurrent(
                  there, memory.configMapCache.pruned(owner, draft, documents))) {
            due.add(draft);
          }
        });
    memory.configMapCache.retain(plan.configs().keySet());
    return due;
  }

  private Outcome write(List<HasMetadata> objects, Predicate<HasMetadata> which, Watches seen)
      throws InterruptedException {
    return writer.write(
        objects.stream().filter(which).toList(),
        object -> seen.actual(object).orElse(null),
        object -> seen.recordWrite(object, seen.actual(object)));
  }

  private static boolean isIdentity(HasMetadata object) {
    return object instanceof ServiceAccount;
  }

  private static boolean isCurrent(
      Optional<HasMetadata> actual, HasMetadata desired, Context<LlamaMesh> context) {
    return actual.isPresent()
        && SSABasedGenericKubernetesResourceMatcher.<HasMetadata>getInstance()
            .matches(actual.get(), desired, context);
  }

  /** Objects of ours that the spec no longer asks for; those of a namesake are not ours. */
  private static List<HasMetadata> obsolete(
      Owner owner, List<HasMetadata> wanted, Stream<HasMetadata> there) {
    Set<String> keys = wanted.stream().map(MeshWriter::key).collect(Collectors.toSet());
    return there
        .filter(object -> !keys.contains(key(object)))
        .filter(object ->
            object.getMetadata().getOwnerReferences().stream()
                .anyMatch(o -> owner.uid().equals(o.getUid())))
        .toList();
  }

  private static String key(HasMetadata object) {
    return object.getKind() + "/" + object.getMetadata().getName();
  }

  private Outcome authenticate(
      LlamaMesh mesh,
      Owner owner,
      MeshMemory memory,
      MeshSettings settings,
      Context<LlamaMesh> context) {
    return settings.authentication()
        ? memory.authentication.ensure(mesh, owner, context.getClient(), clock.instant())
        : new Outcome(0, List.of());
  }

  private static void logOutcome(
      Owner owner,
      MeshMemory memory,
      MeshPlan plan,
      int objects,
      int configs,
      int removed,
      Outcome outcome) {
    if (outcome.written() > 0) {
      LOG.info(
          "objects written mesh={}/{} members={} objects={} configs={} removed={}",
          owner.namespace(),
          owner.name(),
          plan.members().size(),
          objects,
          configs,
          removed);
    }
    if (!outcome.taken().isEmpty() && !outcome.taken().equals(memory.taken)) {
      LOG.warn(
          "objects belong to others mesh={}/{} objects=\"{}\"",
          owner.namespace(),
          owner.name(),
          String.join(", ", outcome.taken()));
    }
    memory.taken = outcome.taken();
    if (!outcome.failures().isEmpty()) {
      LOG.warn(
          "writes failed mesh={}/{} failed={} error=\"{}\"",
          owner.namespace(),
          owner.name(),
          outcome.failures().size(),
          outcome.failures().getFirst());
    }
  }
}
