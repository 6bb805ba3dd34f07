package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraintBuilder;
import java.util.List;
import java.util.Map;

/**
 * Where replicas of a Deployment go, so that the loss of any one node, or zone, leaves one of them
 * at work, and how soon those on a lost node are made anew elsewhere.
 */
final class Spread {
  /**
   * A pod's stay on a lost node, once the node is marked so; Kubernetes' own default is five
   * minutes.
   */
  private static final long SECONDS_ON_A_LOST_NODE = 30;

  private static final List<String> DOMAINS =
      List.of("kubernetes.io/hostname", "topology.kubernetes.io/zone");
  private static final List<String> LOST =
      List.of("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable");

  private Spread() {}

  /**
   * One constraint for nodes, one for zones. Neither keeps a pod from being scheduled: a cluster of
   * one node has all replicas on it.
   *
   * @param selector labels of the Deployment's pods
   */
  static List<TopologySpreadConstraint> over(Map<String, String> selector) {
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

  /** Tolerations that end a pod's stay on a lost node early. */
  static List<Toleration> leaveLostNodes() {
    return LOST.stream()
        .map(taint ->
            new TolerationBuilder()
                .withKey(taint)
                .withOperator("Exists")
                .withEffect("NoExecute")
                .withTolerationSeconds(SECONDS_ON_A_LOST_NODE)
                .build())
        .toList();
  }
}
