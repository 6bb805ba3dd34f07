package io.llamamesh.operator.reconcile;

import io.llamamesh.operator.plan.MeshPlan;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A node whose address is another one since its agent started. The agent is bound to the old one
 * for as long as its pod lives: a pod on the host's network keeps the addresses that it began with.
 *
 * @param node the node's name
 * @param pod the agent's pod
 * @param uid of that pod
 * @param ready whether that pod is
 * @param from the address that the agent has, and others no longer reach
 * @param to the address that the node has, and others probe
 */
record AddressChange(String node, String pod, String uid, boolean ready, String from, String to) {

  /**
   * The nodes of a mesh whose agents have another address than they, sorted. Nodes that are not
   * Ready are left out: nobody there could start another pod.
   */
  static List<AddressChange> of(
      @Nullable MeshPlan plan, List<NodeView> nodes, List<PodFacts> pods) {
    if (plan == null) {
      return List.of();
    }
    Map<String, PodFacts> agents = FactsReader.agents(pods);
    List<AddressChange> changes = new ArrayList<>();
    for (NodeView node : nodes) {
      PodFacts agent = agents.get(node.name());
      if (node.ready()
          && agent != null
          && agent.isAlive()
          && plan.selected().contains(node.name())) {
        Stream.of(of(node, agent, node.ipv4(), false), of(node, agent, node.ipv6(), true))
            .flatMap(List::stream)
            .findFirst()
            .ifPresent(changes::add);
      }
    }
    changes.sort(Comparator.comparing(AddressChange::node));
    return changes;
  }

  /**
   * Of a family in which the pod has no address at all nothing is said: it may not have been given
   * any yet, and a node's second family may be none that its kubelet knows of.
   */
  private static List<AddressChange> of(
      NodeView node, PodFacts agent, @Nullable String now, boolean six) {
    List<String> has =
        agent.addresses().stream().filter(a -> (a.indexOf(':') >= 0) == six).toList();
    if (now == null || has.isEmpty() || has.stream().anyMatch(a -> isSame(a, now))) {
      return List.of();
    }
    return List.of(
        new AddressChange(
            node.name(), agent.name(), agent.uid(), agent.isReady(), has.getFirst(), now));
  }

  /** Whether two texts are one address: IPv6 has many ways to write one. */
  private static boolean isSame(String a, String b) {
    if (a.equals(b)) {
      return true;
    }
    try {
      return InetAddress.ofLiteral(a).equals(InetAddress.ofLiteral(b));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
