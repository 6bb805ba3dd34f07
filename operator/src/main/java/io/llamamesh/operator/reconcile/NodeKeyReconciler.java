package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.auth.KeyRing;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.keys.KeyDerivation;
import io.llamamesh.operator.keys.KeyServing;
import io.llamamesh.operator.keys.MeshKeyMaterial;
import io.llamamesh.operator.keys.PodIdentity;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.operator.resources.AuthSecret;
import io.llamamesh.operator.resources.KeysConfigMap;
import io.llamamesh.operator.resources.MastersSecret;
import io.llamamesh.operator.resources.ObjectWriter.Outcome;
import io.llamamesh.operator.resources.Owner;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reconciler of a mesh's keys of nodes: keeps their masters, and has them handed out where the spec
 * asks for them.
 *
 * <p>The masters' Secret is read by name, once a minute, and never watched, as that of keys and
 * tokens.
 */
final class NodeKeyReconciler {
  private static final Duration CHECK_EVERY = Duration.ofMinutes(1);
  private static final int REVISION_CHARACTERS = 16;

  private final IntFunction<String> newMaster = MastersSecret.random(new SecureRandom());
  private @Nullable KeyRing masters;
  private @Nullable Instant checked;
  private @Nullable String rotation;

  /**
   * Result of reconciling.
   *
   * @param outcome what went wrong, and what is somebody else's
   * @param service what pods are to know; empty: nothing new, what is there stays
   */
  record Result(Outcome outcome, Optional<ConfigMap> service) {
    static Result failed(String why) {
      return new Result(new Outcome(0, List.of("keys of nodes: " + why)), Optional.empty());
    }
  }

  /**
   * Has a mesh's keys handed out.
   *
   * @param nodes all of the cluster's
   * @param pods the mesh's as they are when asked for; any thread may ask
   * @param serving absent: this operator serves none
   * @param readOnly hand out what there is, and write nothing
   */
  Result ensure(
      LlamaMesh mesh,
      Owner owner,
      MeshSettings settings,
      MeshPlan plan,
      List<NodeView> nodes,
      Supplier<List<PodIdentity>> pods,
      KubernetesClient client,
      @Nullable KeyServing serving,
      boolean readOnly,
      Instant now) {
    if (serving == null) {
      return Result.failed(
          "spec.security.keys is Node, and this operator serves none; set keys.enabled=true of its"
              + " chart, or start it with --keys-port and --keys-url");
    }
    try {
      Outcome kept = keep(mesh, owner, client, readOnly, now);
      if (!kept.taken().isEmpty()) {
        return new Result(kept, Optional.empty());
      }
      KeyRing known = masters;
      if (known == null) {
        return Result.failed("no masters yet");
      }
      String authority = serving.ensure(now);
      String revision = revision(known, settings.keys().generations());
      serving.put(
          new MeshKeyMaterial(
              owner.namespace(),
              owner.name(),
              owner.uid(),
              revision,
              known,
              generations(plan.selected(), nodes, pods.get(), settings.keys().generations()),
              node -> targets(plan, node),
              new Senders(plan, nodes)::of,
              pods));
      return new Result(
          new Outcome(0, List.of()),
          Optional.of(KeysConfigMap.of(owner, serving.service(authority, owner.uid(), revision))));
    } catch (KubernetesClientException | IllegalArgumentException | IOException e) {
      return Result.failed(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Members that probe each node, with their addresses: found once, when the first node asks.
   *
   * <p>Any thread may ask.
   */
  static final class Senders {
    private final MeshPlan plan;
    private final Map<String, List<String>> addresses = new HashMap<>();
    private @Nullable Map<String, Map<String, List<String>>> byTarget;

    Senders(MeshPlan plan, List<NodeView> nodes) {
      this.plan = plan;
      for (NodeView node : nodes) {
        List<String> own = new ArrayList<>();
        if (node.ipv4() != null) {
          own.add(node.ipv4());
        }
        if (node.ipv6() != null) {
          own.add(node.ipv6());
        }
        addresses.put(node.name(), List.copyOf(own));
      }
    }

    synchronized Map<String, List<String>> of(String node) {
      Map<String, Map<String, List<String>>> known = byTarget;
      if (known == null) {
        known = new HashMap<>();
        for (String sender : plan.configs().keySet()) {
          for (String target : targets(plan, sender)) {
            known
                .computeIfAbsent(target, name -> new HashMap<>())
                .put(sender, addresses.getOrDefault(sender, List.of()));
          }
        }
        byTarget = known;
      }
      return Map.copyOf(known.getOrDefault(node, Map.of()));
    }
  }

  /** Members that a node probes. */
  private static Set<String> targets(MeshPlan plan, String node) {
    CollectorConfig config = plan.configs().get(node);
    Set<String> members = plan.members();
    return config == null
        ? Set.of()
        : config.targets().values().stream()
            .flatMap(List::stream)
            .map(CollectorConfig.Target::name)
            .filter(Objects::nonNull)
            .filter(members::contains)
            .collect(Collectors.toSet());
  }

  /**
   * Generations of the nodes that have keys: those selected, and those whose agent is still there.
   * It hands over its last windows while it ends, and scrapers take them by its node's key.
   *
   * <p>A node that is made anew has another uid, and by the spec's number it can be given another.
   */
  static SortedMap<String, String> generations(
      Set<String> selected,
      List<NodeView> nodes,
      List<PodIdentity> pods,
      Map<String, Integer> numbers) {
    Set<String> carrying = new HashSet<>(selected);
    for (PodIdentity pod : pods) {
      if (pod.component() == Component.AGENT && pod.node() != null) {
        carrying.add(pod.node());
      }
    }
    SortedMap<String, String> generations = new TreeMap<>();
    for (NodeView node : nodes) {
      if (carrying.contains(node.name())) {
        generations.put(node.name(), node.uid() + "/" + numbers.getOrDefault(node.name(), 0));
      }
    }
    return generations;
  }

  /** Another one wherever all have to ask again. */
  private static String revision(KeyRing masters, Map<String, Integer> numbers) {
    StringBuilder all = new StringBuilder();
    for (KeyRing.Entry master : masters.entries()) {
      all.append(master).append(KeyDerivation.hash(master.key())).append('\n');
    }
    new TreeMap<>(numbers)
        .forEach((node, number) -> all.append(node).append('=').append(number).append('\n'));
    return KeyDerivation.hash(all.toString()).substring(0, REVISION_CHARACTERS);
  }

  /** Makes, completes or rotates the masters where it is time to. */
  private Outcome keep(
      LlamaMesh mesh, Owner owner, KubernetesClient client, boolean readOnly, Instant now) {
    Map<String, String> annotations = mesh.getMetadata().getAnnotations();
    String wanted = annotations == null ? null : annotations.get(Names.ROTATE_ANNOTATION);
    Instant last = checked;
    if (last != null && now.isBefore(last.plus(CHECK_EVERY)) && Objects.equals(wanted, rotation)) {
      return new Outcome(0, List.of());
    }
    String name = Names.mastersSecret(owner.name());
    Secret secret = client.secrets().inNamespace(owner.namespace()).withName(name).get();
    KeyRing known = masters;
    if (secret == null) {
      if (readOnly) {
        return new Outcome(0, List.of());
      }
      KeyRing made =
          known == null ? KeyRing.first(1, now, newMaster) : known.replaced(now, newMaster);
      // Not by apply: should somebody have been faster, theirs must stay.
      client.resource(MastersSecret.of(owner, wanted, made)).create();
      masters = made;
    } else if (!MastersSecret.isOf(owner, secret)) {
      return new Outcome(0, List.of(), List.of("Secret " + name));
    } else {
      KeyRing found = MastersSecret.masters(secret);
      KeyRing next = known == null ? found : found.inPlaceOf(known, now);
      boolean rotates = !readOnly && AuthSecret.isRotationDue(secret, wanted);
      if (rotates) {
        next = next.rotated(now, newMaster);
      }
      if (!next.equals(found) && !readOnly) {
        Secret update =
            MastersSecret.of(owner, rotates ? wanted : AuthSecret.rotation(secret), next);
        // Of two rotations at once the second must fail, not undo the first.
        update.getMetadata().setResourceVersion(secret.getMetadata().getResourceVersion());
        client.resource(update).update();
      }
      masters = next;
    }
    checked = now;
    rotation = readOnly ? rotation : wanted;
    return new Outcome(0, List.of());
  }
}
