package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.llamamesh.crd.LlamaMeshSpec.IpFamily;
import io.llamamesh.crd.Names;
import io.llamamesh.operator.plan.NodeTaint;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * View of a Node: heartbeats and images are left out, since they are no reason to reconcile.
 *
 * @param name its name
 * @param labels its labels
 * @param ipv4 its first internal IPv4 address
 * @param ipv6 its first internal IPv6 address
 * @param primaryFamily family of its first internal address
 * @param excluded it leaves every mesh
 * @param ready its kubelet is
 * @param taints those that can keep an agent off it
 * @param leaving it is marked for removal
 * @param uid its identity: a node that is deleted and made anew is another one
 */
record NodeView(
    String name,
    Map<String, String> labels,
    @Nullable String ipv4,
    @Nullable String ipv6,
    @Nullable IpFamily primaryFamily,
    boolean excluded,
    boolean ready,
    List<NodeTaint> taints,
    boolean leaving,
    String uid) {

  /** A node that stays. */
  NodeView(
      String name,
      Map<String, String> labels,
      @Nullable String ipv4,
      @Nullable String ipv6,
      @Nullable IpFamily primary,
      boolean excluded,
      boolean ready,
      List<NodeTaint> taints) {
    this(name, labels, ipv4, ipv6, primary, excluded, ready, taints, false);
  }

  /** One whose identity does not matter. */
  NodeView(
      String name,
      Map<String, String> labels,
      @Nullable String ipv4,
      @Nullable String ipv6,
      @Nullable IpFamily primary,
      boolean excluded,
      boolean ready,
      List<NodeTaint> taints,
      boolean leaving) {
    this(name, labels, ipv4, ipv6, primary, excluded, ready, taints, leaving, "");
  }

  static NodeView of(Node node) {
    Map<String, String> labels = node.getMetadata().getLabels();
    Map<String, String> annotations = node.getMetadata().getAnnotations();
    String exclude = annotations == null ? null : annotations.get(Names.EXCLUDE_ANNOTATION);
    return new NodeView(
        node.getMetadata().getName(),
        labels == null ? Map.of() : Map.copyOf(labels),
        first(node, NodeView::isIpv4),
        first(node, NodeView::isIpv6),
        primary(node),
        exclude != null && !exclude.equals("false"),
        node.getStatus() != null
            && node.getStatus().getConditions().stream()
                .anyMatch(c -> "Ready".equals(c.getType()) && "True".equals(c.getStatus())),
        taints(node),
        NodeRemovalMarks.isMarked(node),
        String.valueOf(node.getMetadata().getUid()));
  }

  private static List<NodeTaint> taints(Node node) {
    if (node.getSpec() == null || node.getSpec().getTaints() == null) {
      return List.of();
    }
    return node.getSpec().getTaints().stream()
        .filter(t -> t.getKey() != null)
        .map(t -> new NodeTaint(t.getKey(), t.getValue(), String.valueOf(t.getEffect())))
        .filter(NodeTaint::canRepelAgents)
        .toList();
  }

  private static @Nullable IpFamily primary(Node node) {
    String address = first(node, any -> true);
    return address == null ? null : isIpv6(address) ? IpFamily.IPV6 : IpFamily.IPV4;
  }

  private static @Nullable String first(Node node, Predicate<String> wanted) {
    if (node.getStatus() == null) {
      return null;
    }
    return node.getStatus().getAddresses().stream()
        .filter(a -> "InternalIP".equals(a.getType()))
        .map(NodeAddress::getAddress)
        // One that cannot be decoded.
        .filter(Objects::nonNull)
        .filter(wanted)
        .findFirst()
        .orElse(null);
  }

  private static boolean isIpv4(String address) {
    return !isIpv6(address);
  }

  private static boolean isIpv6(String address) {
    return address.indexOf(':') >= 0;
  }
}
