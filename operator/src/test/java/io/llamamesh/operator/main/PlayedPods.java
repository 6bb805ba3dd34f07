package io.llamamesh.operator.main;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.crd.Names;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;

/** Pods as a DaemonSet's and a Deployment's controller make them, and as a kubelet runs them. */
final class PlayedPods {
  private final KubernetesClient client;
  private final String namespace;
  private final boolean played;
  private int scrapers;

  /**
   * Plays in a namespace.
   *
   * @param played whether nobody else makes the DaemonSet's pods
   */
  PlayedPods(KubernetesClient client, String namespace, boolean played) {
    this.client = client;
    this.namespace = namespace;
    this.played = played;
  }

  /** Waits for the DaemonSet and puts a ready pod of it on a node, as its controllers would. */
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
    ready(podOf(set, node), "10.9.9.9");
  }

  /** On a real cluster the DaemonSet's controller makes the pod; else we do. */
  private Pod podOf(DaemonSet set, String node) {
    if (!played) {
      return ClusterUnderTest.await()
          .until(
              () ->
                  client
                      .pods()
                      .inNamespace(namespace)
                      .withLabels(set.getSpec().getSelector().getMatchLabels())
                      .list()
                      .getItems()
                      .stream()
                      .filter(pod -> node.equals(pod.getSpec().getNodeName()))
                      .findFirst()
                      .orElse(null),
              Objects::nonNull);
    }
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName(set.getMetadata().getName() + "-" + node)
            .withNamespace(namespace)
            .withLabels(set.getSpec().getTemplate().getMetadata().getLabels())
            .endMetadata()
            .withSpec(set.getSpec().getTemplate().getSpec())
            .editSpec()
            .withNodeName(node)
            .endSpec()
            .build();
    return client.resource(pod).create();
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

  private void ready(Pod pod, String ip) {
    Pod ready =
        new PodBuilder(pod)
            .withNewStatus()
            .withPhase("Running")
            .withPodIP(ip)
            .addNewCondition()
            .withType("Ready")
            .withStatus("True")
            .withLastTransitionTime(Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
            .endCondition()
            .endStatus()
            .build();
    client.resource(ready).updateStatus();
  }
}
