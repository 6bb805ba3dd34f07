package io.llamamesh.local.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSetStatus;
import io.fabric8.kubernetes.api.model.apps.DaemonSetStatusBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for the controllers of DaemonSets and Deployments: makes and removes Pod objects, keeps
 * the status.
 */
final class Workloads {
  private static final String HASH_LABEL = "pod-template-hash";
  private final KubernetesClient client;
  private final List<LocalNode> nodes;
  private final KubernetesSerialization serialization = new KubernetesSerialization();

  Workloads(KubernetesClient client, List<LocalNode> nodes) {
    this.client = client;
    this.nodes = nodes;
  }

  /** One round: what is missing is made, what is superfluous or outdated is removed. */
  void reconcile(List<DaemonSet> daemonSets, List<Deployment> deployments, List<Pod> pods) {
    Map<String, List<Pod>> byOwner = new HashMap<>();
    for (Pod pod : pods) {
      byOwner.computeIfAbsent(ownerUid(pod), uid -> new ArrayList<>()).add(pod);
    }
    for (DaemonSet set : daemonSets) {
      daemonSet(set, byOwner.getOrDefault(set.getMetadata().getUid(), List.of()));
    }
    for (Deployment deployment : deployments) {
      deployment(deployment, byOwner.getOrDefault(deployment.getMetadata().getUid(), List.of()));
    }
  }

  private void daemonSet(DaemonSet set, List<Pod> pods) {
    PodTemplateSpec template = set.getSpec().getTemplate();
    String hash = hash(template);
    Map<String, String> wanted = new HashMap<>();
    for (LocalNode node : nodes) {
      Map<String, String> selector =
          Objects.requireNonNullElse(template.getSpec().getNodeSelector(), Map.of());
      if (node.labels().entrySet().containsAll(selector.entrySet())) {
        wanted.put(set.getMetadata().getName() + "-" + node.name(), node.name());
      }
    }
    wanted.forEach((name, node) -> {
      if (pods.stream().noneMatch(pod -> pod.getMetadata().getName().equals(name))) {
        create(pod(set, template, hash, name, node));
      }
    });
    remove(pods, pod -> wanted.containsKey(pod.getMetadata().getName()));
    boolean allReady = pods.size() == wanted.size() && pods.stream().allMatch(Workloads::isReady);
    replaceOneOutdated(pods, hash, allReady);

    int ready = (int) pods.stream().filter(Workloads::isReady).count();
    int updated = (int) pods.stream().filter(pod -> hash.equals(hash(pod))).count();
    DaemonSetStatus status =
        new DaemonSetStatusBuilder()
            .withObservedGeneration(set.getMetadata().getGeneration())
            .withDesiredNumberScheduled(wanted.size())
            .withCurrentNumberScheduled(pods.size())
            .withNumberMisscheduled(0)
            .withNumberReady(ready)
            .withNumberAvailable(ready)
            .withNumberUnavailable(wanted.size() - ready)
            .withUpdatedNumberScheduled(updated)
            .build();
    if (!status.equals(set.getStatus())) {
      quietly(() ->
          client
              .resource(
                  new DaemonSetBuilder(set)
                      .editMetadata()
                      .withResourceVersion(null)
                      .endMetadata()
                      .withStatus(status)
                      .build())
              .patchStatus());
    }
  }

  private void deployment(Deployment deployment, List<Pod> pods) {
    PodTemplateSpec template = deployment.getSpec().getTemplate();
    String hash = hash(template);
    int replicas = Objects.requireNonNullElse(deployment.getSpec().getReplicas(), 1);
    List<String> wanted = new ArrayList<>();
    for (int i = 0; i < replicas; i++) {
      wanted.add(deployment.getMetadata().getName() + "-" + hash + "-" + i);
    }
    for (int i = 0; i < replicas; i++) {
      String name = wanted.get(i);
      if (pods.stream().noneMatch(pod -> pod.getMetadata().getName().equals(name))) {
        create(pod(deployment, template, hash, name, nodes.get(i % nodes.size()).name()));
      }
    }
    remove(pods, pod -> wanted.contains(pod.getMetadata().getName()));

    int ready = (int) pods.stream().filter(Workloads::isReady).count();
    DeploymentStatus status =
        new DeploymentStatusBuilder()
            .withObservedGeneration(deployment.getMetadata().getGeneration())
            .withReplicas(pods.size())
            .withUpdatedReplicas(pods.size())
            .withReadyReplicas(ready)
            .withAvailableReplicas(ready)
            .withUnavailableReplicas(replicas - ready)
            .addNewCondition()
            .withType("Available")
            .withStatus(ready >= replicas ? "True" : "False")
            .withReason(
                ready >= replicas ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable")
            .endCondition()
            .build();
    if (!sameNumbers(status, deployment.getStatus())) {
      quietly(() ->
          client
              .resource(
                  new DeploymentBuilder(deployment)
                      .editMetadata()
                      .withResourceVersion(null)
                      .endMetadata()
                      .withStatus(status)
                      .build())
              .patchStatus());
    }
  }

  private static boolean sameNumbers(DeploymentStatus wanted, @Nullable DeploymentStatus live) {
    return live != null
        && Objects.equals(wanted.getObservedGeneration(), live.getObservedGeneration())
        && Objects.equals(wanted.getReplicas(), live.getReplicas())
        && Objects.equals(wanted.getReadyReplicas(), live.getReadyReplicas())
        && Objects.equals(wanted.getUnavailableReplicas(), live.getUnavailableReplicas());
  }

  /** A rolling update, one pod at a time: the next only when all are ready again. */
  private void replaceOneOutdated(List<Pod> pods, String hash, boolean allReady) {
    if (!allReady) {
      return;
    }
    pods.stream()
        .filter(pod -> !hash.equals(hash(pod)))
        .findFirst()
        .ifPresent(pod -> quietly(() -> client.resource(pod).delete()));
  }

  private void remove(List<Pod> pods, java.util.function.Predicate<Pod> wanted) {
    for (Pod pod : pods) {
      if (!wanted.test(pod) && pod.getMetadata().getDeletionTimestamp() == null) {
        quietly(() -> client.resource(pod).delete());
      }
    }
  }

  private static Pod pod(
      HasMetadata owner, PodTemplateSpec template, String hash, String name, String node) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(owner.getMetadata().getNamespace())
        .withLabels(template.getMetadata().getLabels())
        .addToLabels(HASH_LABEL, hash)
        .withAnnotations(template.getMetadata().getAnnotations())
        .withOwnerReferences(
            new OwnerReferenceBuilder()
                .withApiVersion(owner.getApiVersion())
                .withKind(owner.getKind())
                .withName(owner.getMetadata().getName())
                .withUid(owner.getMetadata().getUid())
                .withController(true)
                .build())
        .endMetadata()
        .withNewSpecLike(template.getSpec())
        .withNodeName(node)
        .endSpec()
        .withNewStatus()
        .withPhase("Pending")
        .endStatus()
        .build();
  }

  private void create(Pod pod) {
    quietly(() -> client.resource(pod).create());
  }

  /** Another round follows: what was made or removed meanwhile is no error. */
  private static void quietly(Runnable write) {
    try {
      write.run();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT
          && e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
    }
  }

  private static String ownerUid(Pod pod) {
    return pod.getMetadata().getOwnerReferences().isEmpty()
        ? ""
        : pod.getMetadata().getOwnerReferences().getFirst().getUid();
  }

  static boolean isReady(Pod pod) {
    return pod.getMetadata().getDeletionTimestamp() == null
        && pod.getStatus() != null
        && pod.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
  }

  private static @Nullable String hash(Pod pod) {
    return pod.getMetadata().getLabels().get(HASH_LABEL);
  }

  private String hash(PodTemplateSpec template) {
    CRC32 crc = new CRC32();
    crc.update(serialization.asJson(template).getBytes(java.nio.charset.StandardCharsets.UTF_8));
    return Long.toHexString(crc.getValue());
  }
}
