package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.SSABasedGenericKubernetesResourceMatcher;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.operator.plan.NodeFacts;
import io.llamamesh.operator.resources.AcceptedSpec;
import io.llamamesh.operator.resources.Digests;
import io.llamamesh.operator.resources.Images;
import io.llamamesh.operator.resources.MeshObjects;
import io.llamamesh.operator.resources.NodeConfigMap;
import io.llamamesh.operator.resources.Owner;
import io.llamamesh.operator.resources.Writer;
import io.llamamesh.operator.resources.Writer.Outcome;
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
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes what differs between what is there and what shall be, and removes what is left over. */
final class MeshWriter {
  private static final Logger LOG = LoggerFactory.getLogger(MeshWriter.class);

  private final Images images;
  private final Writer writer;
  private final Clock clock;

  MeshWriter(Images images, Writer writer, Clock clock) {
    this.images = images;
    this.writer = writer;
    this.clock = clock;
  }

  /**
   * What became of it.
   *
   * @param outcome the writes
   * @param stale nodes whose ConfigMap is not current, since nothing may be written
   */
  record Written(Outcome outcome, List<String> stale) {
    static final Written NOTHING = new Written(new Outcome(0, List.of()), List.of());
  }

  /**
   * Writes a mesh.
   *
   * @param accepted the spec in force, as it was written
   * @param facts the facts that the plan was made from
   * @param paused find out only, write nothing
   */
  Written write(
      LlamaMesh mesh,
      Owner owner,
      MeshMemory memory,
      LlamaMeshSpec accepted,
      MeshFacts facts,
      MeshPlan plan,
      boolean paused,
      Watches seen,
      Context<LlamaMesh> context)
      throws InterruptedException {
    Map<String, ConfigMap> actual = seen.configMaps(mesh);
    Set<String> names = new HashSet<>();
    List<ConfigMap> due = due(owner, memory, accepted, facts, plan, actual, names);
    if (paused) {
      return new Written(Written.NOTHING.outcome(), nodes(due));
    }
    List<ConfigMap> gone =
        actual.values().stream()
            .filter(map -> !names.contains(map.getMetadata().getName()))
            .filter(map -> NodeConfigMap.node(map) != null)
            .toList();
    List<HasMetadata> all = MeshObjects.of(owner, facts.spec(), images);
    List<HasMetadata> objects =
        all.stream().filter(object -> !isCurrent(seen.actual(object), object, context)).toList();
    Outcome outcome =
        authenticate(mesh, owner, memory, facts.spec(), context)
            .and(writer.apply(objects, object -> seen.written(object, seen.actual(object))))
            .and(
                writer.apply(
                    due,
                    map ->
                        seen.written(
                            map, Optional.ofNullable(actual.get(map.getMetadata().getName())))))
            .and(writer.delete(gone))
            .and(writer.delete(leftOver(owner, all, seen.objects(mesh))));
    report(owner, plan, objects.size(), due.size(), gone.size(), outcome);
    return new Written(outcome, List.of());
  }

  /**
   * ConfigMaps that are not what they shall be, in the order in which they are written: the spec
   * first, then the nodes by name.
   *
   * @param names takes the names of all that shall be
   */
  private static List<ConfigMap> due(
      Owner owner,
      MeshMemory memory,
      LlamaMeshSpec accepted,
      MeshFacts facts,
      MeshPlan plan,
      Map<String, ConfigMap> actual,
      Set<String> names) {
    List<ConfigMap> due = new ArrayList<>();
    ConfigMap kept = AcceptedSpec.of(owner, accepted);
    names.add(kept.getMetadata().getName());
    if (!Digests.isCurrent(actual.get(kept.getMetadata().getName()), Digests.pruned(kept))) {
      due.add(kept);
    }
    Map<String, NodeFacts> nodes = new HashMap<>();
    facts.nodes().forEach(node -> nodes.put(node.name(), node));
    plan.configs()
        .forEach((node, config) -> {
          Instant joined = Objects.requireNonNull(nodes.get(node)).joined();
          ConfigMap wanted = memory.renderings.pruned(owner, node, config, joined);
          String name = wanted.getMetadata().getName();
          names.add(name);
          if (!Digests.isCurrent(actual.get(name), wanted)) {
            due.add(NodeConfigMap.of(owner, node, config, joined));
          }
        });
    memory.renderings.retain(plan.configs().keySet());
    return due;
  }

  private static boolean isCurrent(
      Optional<HasMetadata> actual, HasMetadata desired, Context<LlamaMesh> context) {
    return actual.isPresent()
        && SSABasedGenericKubernetesResourceMatcher.<HasMetadata>getInstance()
            .matches(actual.get(), desired, context);
  }

  /** Objects of ours that the spec no longer asks for; those of a namesake are not ours. */
  private static List<HasMetadata> leftOver(
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
      LlamaMeshSpec spec,
      Context<LlamaMesh> context) {
    boolean wanted =
        spec.security() == null || !Boolean.FALSE.equals(spec.security().authentication());
    String failure =
        wanted
            ? memory.authentication.ensure(mesh, owner, context.getClient(), clock.instant())
            : null;
    return new Outcome(0, failure == null ? List.of() : List.of(failure));
  }

  private static List<String> nodes(List<ConfigMap> maps) {
    List<String> nodes = new ArrayList<>();
    for (ConfigMap map : maps) {
      String node = NodeConfigMap.node(map);
      if (node != null) {
        nodes.add(node);
      }
    }
    return nodes;
  }

  private static void report(
      Owner owner, MeshPlan plan, int objects, int configs, int removed, Outcome outcome) {
    if (outcome.written() > 0) {
      LOG.info(
          "wrote mesh={}/{} members={} objects={} configs={} removed={}",
          owner.namespace(),
          owner.name(),
          plan.members().size(),
          objects,
          configs,
          removed);
    }
    if (!outcome.failures().isEmpty()) {
      LOG.warn(
          "writes failed mesh={}/{} failed={} first={}",
          owner.namespace(),
          owner.name(),
          outcome.failures().size(),
          outcome.failures().getFirst());
    }
  }
}
