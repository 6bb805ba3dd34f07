package io.llamamesh.operator.plan;

import io.llamamesh.crd.LlamaMeshSpec.IpFamily;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Facts of one node.
 *
 * @param name the Node's name
 * @param labels its labels
 * @param ipv4 its first internal IPv4 address; absent: it has none
 * @param ipv6 its first internal IPv6 address; absent: it has none
 * @param excluded it carries the annotation that takes it out of every mesh
 * @param joined when its agent was first Ready; absent: not yet
 * @param probePort UDP port of the reflector that is on it now; absent: no agent pod is
 * @param taints those that {@link NodeTaint#canRepelAgents matter}
 * @param primaryFamily family of the internal address that its Node names first; absent: it has
 *     none
 */
public record NodeFacts(
    String name,
    Map<String, String> labels,
    @Nullable String ipv4,
    @Nullable String ipv6,
    boolean excluded,
    @Nullable Instant joined,
    @Nullable Integer probePort,
    List<NodeTaint> taints,
    @Nullable IpFamily primaryFamily) {
  public NodeFacts {
    labels = Map.copyOf(labels);
    taints = List.copyOf(taints);
  }

  /** A node that names its IPv4 address first where it has one. */
  public NodeFacts(
      String name,
      Map<String, String> labels,
      @Nullable String ipv4,
      @Nullable String ipv6,
      boolean excluded,
      @Nullable Instant joined,
      @Nullable Integer probePort,
      List<NodeTaint> taints) {
    this(
        name,
        labels,
        ipv4,
        ipv6,
        excluded,
        joined,
        probePort,
        taints,
        ipv4 != null ? IpFamily.IPV4 : ipv6 != null ? IpFamily.IPV6 : null);
  }

  /** Its failure domain, or null where nobody labelled it. */
  @Nullable String zone() {
    String zone = labels.get("topology.kubernetes.io/zone");
    return zone == null || zone.isEmpty() ? null : zone;
  }

  /** Its addresses of the given families, in the order of the families. */
  List<String> addresses(List<IpFamily> families) {
    List<String> addresses = new ArrayList<>();
    for (IpFamily family : families) {
      String address =
          switch (family) {
            case IPV4 -> ipv4;
            case IPV6 -> ipv6;
          };
      if (address != null && !addresses.contains(address)) {
        addresses.add(address);
      }
    }
    return addresses;
  }

  /** The tags that the mesh's {@code tagLabels} give it, each name with a prefix. */
  Map<String, String> tags(String prefix, Map<String, String> tagLabels) {
    Map<String, String> tags = new TreeMap<>();
    tagLabels.forEach((tag, label) -> {
      String value = labels.get(label);
      if (value != null && !value.isEmpty()) {
        tags.put(prefix + tag, value);
      }
    });
    return tags;
  }
}
