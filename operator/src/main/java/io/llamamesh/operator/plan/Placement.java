package io.llamamesh.operator.plan;

import io.llamamesh.crd.Agent;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where agents can run, the same for the DaemonSet's pod template and for the choice of members: a
 * node that no agent can be put on would be waited for in vain.
 */
public final class Placement {
  /** Labels, and their values, of nodes that are no machines of their own. */
  public static final Map<String, List<String>> VIRTUAL_NODES =
      Map.of(
          "type", List.of("virtual-kubelet"), "eks.amazonaws.com/compute-type", List.of("fargate"));

  private Placement() {}

  /** The DaemonSet's node selector: the user's, and Linux. */
  public static Map<String, String> nodeSelector(@Nullable Agent agent) {
    Map<String, String> selector = new TreeMap<>();
    if (agent != null && agent.nodeSelector() != null) {
      selector.putAll(agent.nodeSelector());
    }
    selector.put("kubernetes.io/os", "linux");
    return selector;
  }

  static boolean fits(NodeFacts node, @Nullable Agent agent) {
    return node.labels().entrySet().containsAll(nodeSelector(agent).entrySet())
        && VIRTUAL_NODES.entrySet().stream()
            .noneMatch(e -> {
              String value = node.labels().get(e.getKey());
              return value != null && e.getValue().contains(value);
            });
  }
}
