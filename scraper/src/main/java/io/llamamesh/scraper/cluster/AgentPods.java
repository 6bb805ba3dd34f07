package io.llamamesh.scraper.cluster;

import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.llamamesh.crd.Names;
import io.llamamesh.kube.Controllers;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Endpoints of agents from a list of pods: one per node, of its newest pod that may still run. */
final class AgentPods {
  static final int DEFAULT_API_PORT = 8100;

  private AgentPods() {}

  /**
   * Endpoints from pods with the mesh's labels, whoever created them, at the ports that they
   * declare.
   */
  static List<AgentEndpoint> agents(Collection<Pod> pods) {
    return agents(pods, pod -> true, null);
  }

  /**
   * Endpoints from pods that the mesh's DaemonSet controls, at the port of the mesh's spec: another
   * pod with the same labels and a node's name must not replace a node's agent, or receive the
   * token.
   */
  static List<AgentEndpoint> agents(Collection<Pod> pods, String mesh, int apiPort) {
    return agents(pods, pod -> Controllers.isOfDaemonSet(pod, Names.agent(mesh)), apiPort);
  }

  private static List<AgentEndpoint> agents(
      Collection<Pod> pods, Predicate<Pod> ours, @Nullable Integer apiPort) {
    TreeMap<String, Pod> byNode = new TreeMap<>();
    for (Pod pod : pods) {
      if (!ours.test(pod)) {
        continue;
      }
      String node = pod.getSpec() == null ? null : pod.getSpec().getNodeName();
      if (node == null || node.isEmpty() || isTerminal(pod)) {
        continue;
      }
      byNode.merge(node, pod, (a, b) -> PREFERENCE.compare(a, b) >= 0 ? a : b);
    }
    List<AgentEndpoint> agents = new ArrayList<>();
    byNode.forEach((node, pod) ->
        agent(node, pod, apiPort == null ? apiPort(pod) : apiPort, apiPort != null)
            .ifPresent(agents::add));
    return agents;
  }

  /** Preference among a node's pods: a terminating one is read only while there is no other. */
  private static final Comparator<Pod> PREFERENCE =
      Comparator.comparing((Pod pod) -> pod.getMetadata().getDeletionTimestamp() == null)
          .thenComparing(pod -> text(pod.getMetadata().getCreationTimestamp()))
          .thenComparing(pod -> text(pod.getMetadata().getName()));

  private static Optional<AgentEndpoint> agent(String node, Pod pod, int port, boolean isNode) {
    List<HostPort> addresses = new ArrayList<>();
    for (String host : hosts(pod.getStatus())) {
      addresses.add(new HostPort(host, port));
    }
    return addresses.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new AgentEndpoint(
                node, addresses, isNode ? AgentEndpoint.Trust.NODE : AgentEndpoint.Trust.MEMBER));
  }

  private static Set<String> hosts(@Nullable PodStatus status) {
    Set<String> hosts = new LinkedHashSet<>();
    if (status == null) {
      return hosts;
    }
    if (status.getHostIPs() != null) {
      status.getHostIPs().forEach(host -> add(hosts, host.getIp()));
    }
    add(hosts, status.getHostIP());
    if (hosts.isEmpty()) {
      add(hosts, status.getPodIP());
    }
    return hosts;
  }

  private static void add(Set<String> hosts, @Nullable String host) {
    if (host != null && !host.isEmpty()) {
      hosts.add(host);
    }
  }

  private static int apiPort(Pod pod) {
    return pod.getSpec().getContainers().stream()
        .flatMap(container -> container.getPorts().stream())
        .filter(port -> Names.API_PORT.equals(port.getName()) && port.getContainerPort() != null)
        .map(ContainerPort::getContainerPort)
        .findFirst()
        .orElse(DEFAULT_API_PORT);
  }

  private static boolean isTerminal(Pod pod) {
    String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
    return "Succeeded".equals(phase) || "Failed".equals(phase);
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }
}
