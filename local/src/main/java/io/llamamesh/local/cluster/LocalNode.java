package io.llamamesh.local.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A node of the local mesh: an address of this machine's loopback network.
 *
 * @param name {@code node-1} and so on
 * @param zone {@code a} for the first half, {@code b} for the second
 * @param published where others probe it: 127.0.0.11 and so on
 * @param own where its pod really is; differs from {@code published} when a relay stands between
 */
public record LocalNode(String name, String zone, InetAddress published, InetAddress own) {
  /** More would leave 127.0.0.0/24. */
  public static final int MAX_NODES = 200;

  /**
   * The nodes of a mesh.
   *
   * @param count 2 to {@link #MAX_NODES}
   * @param relayed whether a relay owns the published addresses
   */
  public static List<LocalNode> of(int count, boolean relayed) {
    if (count < 2 || count > MAX_NODES) {
      throw new IllegalArgumentException("nodes must be from 2 to " + MAX_NODES + ", was " + count);
    }
    List<LocalNode> nodes = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      nodes.add(
          new LocalNode(
              "node-" + i,
              2 * i <= count + 1 ? "a" : "b",
              loopback(0, 10 + i),
              loopback(relayed ? 1 : 0, 10 + i)));
    }
    return List.copyOf(nodes);
  }

  /** Address {@code 127.0.<third>.<fourth>}. */
  static InetAddress loopback(int third, int fourth) {
    return InetAddress.ofLiteral("127.0." + third + "." + fourth);
  }

  Map<String, String> labels() {
    return Map.of(
        "kubernetes.io/hostname", name,
        "kubernetes.io/os", "linux",
        "topology.kubernetes.io/zone", zone);
  }

  /** The Node object, Ready or of unknown state. */
  Node object(boolean ready) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(name)
        .withLabels(labels())
        .endMetadata()
        .withNewSpec()
        .endSpec()
        .withNewStatus()
        // A scheduler binds nothing to a node that has nothing.
        .withAllocatable(
            Map.of(
                "cpu", new Quantity("16"),
                "memory", new Quantity("64Gi"),
                "ephemeral-storage", new Quantity("64Gi"),
                "pods", new Quantity("110")))
        .addNewAddress(published.getHostAddress(), "InternalIP")
        .addNewAddress(name, "Hostname")
        .addNewCondition()
        .withType("Ready")
        .withStatus(ready ? "True" : "Unknown")
        .withReason(ready ? "KubeletReady" : "NodeStatusUnknown")
        .endCondition()
        .endStatus()
        .build();
  }
}
