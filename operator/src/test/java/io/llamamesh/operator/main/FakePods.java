package io.llamamesh.operator.main;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.awaitility.core.ConditionTimeoutException;

/**
 * What kubelets would say of pods that the real controllers and scheduler put on nodes which are
 * objects only.
 */
final class FakePods {
  private final KubernetesClient client;
  private final String namespace;
  private int scrapers;

  FakePods(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  /** Waits for the DaemonSet's pod on a node and makes it ready. */
  void agentReady(String mesh, String node) {
    DaemonSet set =
        ClusterUnderTest.await()
            .until(
                () ->
                    client
                        .apps()
                        .daemonSets()
                        .inNamespace(namespace)
                        .withName(Names.agent(mesh))
                        .get(),
                Objects::nonNull);
    ready(podOf(set, node), address(node));
  }

  /** A pod on the host's network has the address that its node has when it starts. */
  private String address(String node) {
    return client.nodes().withName(node).get().getStatus().getAddresses().getFirst().getAddress();
  }

  private Pod podOf(DaemonSet set, String node) {
    List<Pod> all = new ArrayList<>();
    try {
      return ClusterUnderTest.await()
          .until(
              () -> {
                all.clear();
                all.addAll(podsOf(set));
                return all.stream()
                    .filter(pod -> node.equals(pod.getSpec().getNodeName()))
                    .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                    .findFirst()
                    .orElse(null);
              },
              Objects::nonNull);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("no agent on " + node + ", but " + Serialization.asYaml(all), e);
    }
  }

  private List<Pod> podsOf(DaemonSet set) {
    return client
        .pods()
        .inNamespace(namespace)
        .withLabels(set.getSpec().getSelector().getMatchLabels())
        .list()
        .getItems();
  }

  /** Puts a ready pod of the scraper's Deployment there, whose page is on a port of 127.0.0.1. */
  void scraperReady(String mesh, int port) {
    ready(scraper(mesh, port), "127.0.0.1");
  }

  /** Puts a pod of the scraper's Deployment there that nobody starts. */
  Pod scraper(String mesh, int port) {
    Deployment deployment =
        ClusterUnderTest.await()
            .until(
                () ->
                    client
                        .apps()
                        .deployments()
                        .inNamespace(namespace)
                        .withName(Names.scraper(mesh))
                        .get(),
                Objects::nonNull);
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName(Names.scraper(mesh) + "-" + scrapers++)
            .withNamespace(namespace)
            .withLabels(deployment.getSpec().getTemplate().getMetadata().getLabels())
            .endMetadata()
            .withSpec(deployment.getSpec().getTemplate().getSpec())
            .build();
    pod.getSpec().getContainers().getFirst().getPorts().getFirst().setContainerPort(port);
    return client.resource(pod).create();
  }

  /** Waits for a pod of the scraper's Deployment that is not ready yet and makes it ready. */
  void deployedScraperReady(String mesh) {
    ready(deployed(mesh, Component.SCRAPER), "192.0.2.1");
  }

  /** Waits for a pod of the registry's Deployment that is not ready yet and makes it ready. */
  void registryReady(String mesh, String ip) {
    ready(deployed(mesh, Component.REGISTRY), ip);
  }

  /** Puts a ready pod with the labels of a mesh's registry there, which nobody controls. */
  void strangersRegistry(String mesh, String ip) {
    Deployment deployment =
        ClusterUnderTest.await()
            .until(
                () ->
                    client
                        .apps()
                        .deployments()
                        .inNamespace(namespace)
                        .withName(Names.registry(mesh))
                        .get(),
                Objects::nonNull);
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName("a-stranger")
            .withNamespace(namespace)
            .withLabels(deployment.getSpec().getTemplate().getMetadata().getLabels())
            .endMetadata()
            .withSpec(deployment.getSpec().getTemplate().getSpec())
            .build();
    ready(client.resource(pod).create(), ip);
  }

  private Pod deployed(String mesh, Component component) {
    return ClusterUnderTest.await()
        .until(
            () ->
                client
                    .pods()
                    .inNamespace(namespace)
                    .withLabels(Names.selector(mesh, component))
                    .list()
                    .getItems()
                    .stream()
                    .filter(p -> p.getMetadata().getLabels().containsKey("pod-template-hash"))
                    .filter(p -> p.getSpec().getNodeName() != null)
                    .filter(p -> p.getStatus().getPodIP() == null)
                    .findFirst()
                    .orElse(null),
            Objects::nonNull);
  }

  /** Deletes a pod at once, as a kubelet would once its containers have ended. */
  void delete(String name) {
    client.pods().inNamespace(namespace).withName(name).withGracePeriod(0).delete();
  }

  /** Changes whether a pod is ready, as the node's controller does where its kubelet is away. */
  void ready(Pod pod, boolean ready) {
    status(
        pod,
        Map.of("conditions", List.of(Map.of("type", "Ready", "status", ready ? "True" : "False"))));
  }

  private void ready(Pod pod, String ip) {
    String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    status(
        pod,
        Map.of(
            "phase",
            "Running",
            "podIP",
            ip,
            "podIPs",
            List.of(Map.of("ip", ip)),
            "conditions",
            List.of(Map.of("type", "Ready", "status", "True", "lastTransitionTime", now))));
  }

  /** A patch: controllers and scheduler write to the pod meanwhile. */
  private void status(Pod pod, Map<String, Object> changes) {
    client
        .resource(pod)
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.STRATEGIC_MERGE),
            Serialization.asJson(Map.of("status", changes)));
  }
}
