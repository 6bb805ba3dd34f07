package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraintBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Spread of a Deployment's replicas, so that the loss of any one node, or zone, leaves one of them
 * at work, and how soon those on a lost node are made anew elsewhere.
 */
final class TopologySpread {
  /**
   * A pod's stay on a lost node, once the node is marked so; Kubernetes' own default is five
   * minutes.
   */
  private static final long SECONDS_ON_A_LOST_NODE = 30;

  private static final List<String> DOMAINS =
      List.of("kubernetes.io/hostname", "topology.kubernetes.io/zone");
  private static final List<String> LOST =
      List.of("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable");

  private TopologySpread() {}

  /**
   * One constraint for nodes, one for zones. Neither keeps a pod from being scheduled: a cluster of
   * one node has all replicas on it.
   *
   * @param selector labels of the Deployment's pods
   */
  static List<TopologySpreadConstraint> constraints(Map<String, String> selector) {
    return DOMAINS.stream()
        .map(domain ->
            new TopologySpreadConstraintBuilder()
                .withMaxSkew(1)
                .withTopologyKey(domain)
                .withWhenUnsatisfiable("ScheduleAnyway")
                .withNewLabelSelector()
                .withMatchLabels(selector)
                .endLabelSelector()
                // During a rollout the pods of the old template, which are about to go, would
                // otherwise push the new ones together.
                .withMatchLabelKeys("pod-template-hash")
                .build())
        .toList();
  }

  /**
   * The user's tolerations, and those that end a pod's stay on a lost node early, for the taints
   * that the user does not name.
   */
  static List<Toleration> tolerations(List<Toleration> given) {
    List<Toleration> tolerations = new ArrayList<>(given);
    for (String taint : LOST) {
      if (tolerations.stream().noneMatch(toleration -> taint.equals(toleration.getKey()))) {
        tolerations.add(
            new TolerationBuilder()
                .withKey(taint)
                .withOperator("Exists")
                .withEffect("NoExecute")
                .withTolerationSeconds(SECONDS_ON_A_LOST_NODE)
                .build());
      }
    }
    return tolerations;
  }
}
