package io.llamamesh.operator.foreign;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What makes pods of DaemonSets and Deployments, and removes those of nodes that are gone; there
 * are no kubelets, so pods stay Pending. One thread.
 */
final class PlayedControllers implements AutoCloseable {
  private final KubernetesClient client;
  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();

  private PlayedControllers(KubernetesClient client) {
    this.client = client;
  }

  /** Starts; the client is closed at the end. */
  static PlayedControllers start(KubernetesClient client, Duration round) {
    PlayedControllers controllers = new PlayedControllers(client);
    var _ =
        controllers.thread.scheduleWithFixedDelay(
            controllers::round, 0, round.toMillis(), TimeUnit.MILLISECONDS);
    return controllers;
  }

  private void round() {
    try {
      List<Node> nodes = client.nodes().list().getItems();
      List<Pod> pods = client.pods().inAnyNamespace().list().getItems();
      for (DaemonSet set : client.apps().daemonSets().inAnyNamespace().list().getItems()) {
        daemonSet(set, nodes, pods);
      }
      for (Deployment deployment : client.apps().deployments().inAnyNamespace().list().getItems()) {
        deployment(deployment, pods);
      }
      Set<String> names =
          nodes.stream().map(n -> n.getMetadata().getName()).collect(Collectors.toSet());
      pods.stream()
          .filter(pod -> pod.getSpec().getNodeName() != null)
          .filter(pod -> !names.contains(pod.getSpec().getNodeName()))
          .forEach(pod -> client.resource(pod).withGracePeriod(0).delete());
    } catch (KubernetesClientException e) {
      System.err.println("a round failed, the next follows: " + e.getMessage());
    }
  }

  private void daemonSet(DaemonSet set, List<Node> nodes, List<Pod> pods) {
    PodTemplateSpec template = set.getSpec().getTemplate();
    Set<String> taken = new HashSet<>();
    pods.stream()
        .filter(pod -> isOwned(pod, set))
        .forEach(pod -> taken.add(pod.getSpec().getNodeName()));
    for (Node node : nodes) {
      Map<String, String> labels =
          Objects.requireNonNullElse(node.getMetadata().getLabels(), Map.of());
      if (!taken.contains(node.getMetadata().getName())
          && labels.entrySet().containsAll(template.getSpec().getNodeSelector().entrySet())
          && isTolerated(node, template.getSpec().getTolerations())) {
        create(set, template, node.getMetadata().getName());
      }
    }
  }

  private void deployment(Deployment deployment, List<Pod> pods) {
    long there = pods.stream().filter(pod -> isOwned(pod, deployment)).count();
    for (long i = there; i < deployment.getSpec().getReplicas(); i++) {
      create(deployment, deployment.getSpec().getTemplate(), null);
    }
  }

  private void create(HasMetadata owner, PodTemplateSpec template, @Nullable String node) {
    client
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withGenerateName(owner.getMetadata().getName() + "-")
                .withNamespace(owner.getMetadata().getNamespace())
                .withLabels(template.getMetadata().getLabels())
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
                .build())
        .create();
  }

  private static boolean isOwned(Pod pod, HasMetadata owner) {
    return pod.getMetadata().getOwnerReferences().stream()
        .anyMatch(o -> o.getUid().equals(owner.getMetadata().getUid()));
  }

  /** As far as our tests go: by key, and all of them. */
  private static boolean isTolerated(Node node, List<Toleration> tolerations) {
    List<Taint> taints =
        node.getSpec() == null || node.getSpec().getTaints() == null
            ? List.of()
            : node.getSpec().getTaints();
    return taints.stream()
        .allMatch(taint ->
            tolerations.stream()
                .anyMatch(t -> t.getKey() == null || t.getKey().equals(taint.getKey())));
  }

  @Override
  public String toString() {
    return "controllers of DaemonSets and Deployments";
  }

  @Override
  public void close() {
    thread.shutdownNow();
    client.close();
  }
}
