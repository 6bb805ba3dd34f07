package io.llamamesh.operator.plan;

import io.fabric8.kubernetes.api.model.Toleration;
import io.llamamesh.crd.MeshSettings.AgentPods;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Placement of agents, the same for the DaemonSet's pod template and for the choice of members: a
 * node that no agent can be put on would be waited for in vain.
 */
public final class Placement {
  /** Labels, and their values, of nodes that are no machines of their own. */
  public static final Map<String, List<String>> VIRTUAL_NODES =
      Map.of(
          "type", List.of("virtual-kubelet"), "eks.amazonaws.com/compute-type", List.of("fargate"));

  private final Map<String, String> selector;

  private final List<Toleration> tolerations;

  private Placement(Map<String, String> selector, List<Toleration> tolerations) {
    this.selector = selector;
    this.tolerations = tolerations;
  }

  /** That of a mesh's agents. */
  static Placement of(AgentPods agent) {
    return new Placement(nodeSelector(agent.nodeSelector()), agent.tolerations());
  }

  /** A pod's node selector: the user's, and Linux. */
  public static Map<String, String> nodeSelector(Map<String, String> given) {
    Map<String, String> selector = new TreeMap<>(given);
    selector.put("kubernetes.io/os", "linux");
    return selector;
  }

  /** Whether an agent can run on the node, or runs there and may stay. */
  boolean fits(NodeFacts node) {
    return node.labels().entrySet().containsAll(selector.entrySet())
        && VIRTUAL_NODES.entrySet().stream()
            .noneMatch(e -> {
              String value = node.labels().get(e.getKey());
              return value != null && e.getValue().contains(value);
            })
        && node.taints().stream().allMatch(taint -> admits(node, taint));
  }

  /** A pod that was there before a NoSchedule taint stays: its node must not leave for it. */
  private boolean admits(NodeFacts node, NodeTaint taint) {
    boolean stays = taint.effect().equals(NodeTaint.NO_SCHEDULE) && node.probePort() != null;
    return stays || tolerations.stream().anyMatch(toleration -> tolerates(toleration, taint));
  }

  /** By the rules of Kubernetes' {@code Toleration.ToleratesTaint}. */
  private static boolean tolerates(Toleration toleration, NodeTaint taint) {
    String effect = orBlank(toleration.getEffect());
    String key = orBlank(toleration.getKey());
    boolean meant =
        (effect.isEmpty() || effect.equals(taint.effect()))
            && (key.isEmpty() || key.equals(taint.key()));
    if (!meant) {
      return false;
    }
    return switch (orBlank(toleration.getOperator())) {
      case "Exists" -> true;
      case "", "Equal" ->
          !key.isEmpty() && orBlank(toleration.getValue()).equals(orBlank(taint.value()));
      default -> false;
    };
  }

  /** Of what the API leaves out the empty text is meant. */
  private static String orBlank(@Nullable String text) {
    return text == null ? "" : text;
  }
}
