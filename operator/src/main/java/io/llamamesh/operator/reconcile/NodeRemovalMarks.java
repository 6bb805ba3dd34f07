package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Taint;
import java.util.List;
import java.util.Set;

/**
 * Marks of a node that somebody is about to remove, or that its provider takes away: what is lost
 * with it is no fault of the network.
 *
 * <p>A cordon is none: nodes are cordoned for a reboot, too, and are back then. Nor is the
 * autoscaler's {@code DeletionCandidateOfClusterAutoscaler}, which it mostly takes back.
 */
final class NodeRemovalMarks {
  private static final Set<String> TAINTS =
      Set.of(
          "ToBeDeletedByClusterAutoscaler",
          "karpenter.sh/disrupted",
          // Karpenter's before 1.0.
          "karpenter.sh/disruption",
          "node.kubernetes.io/out-of-service",
          "node.cloudprovider.kubernetes.io/shutdown",
          "cloud.google.com/impending-node-termination");

  /** One taint per kind of event: a spot interruption, a scheduled one, a scale-in. */
  private static final List<String> PREFIXES = List.of("aws-node-termination-handler/");

  private NodeRemovalMarks() {}

  /** Whether a node has such a mark. */
  static boolean isMarked(Node node) {
    return node.getMetadata().getDeletionTimestamp() != null
        || (node.getSpec() != null
            && node.getSpec().getTaints() != null
            && node.getSpec().getTaints().stream()
                .map(Taint::getKey)
                .anyMatch(NodeRemovalMarks::isMark));
  }

  private static boolean isMark(String taint) {
    return TAINTS.contains(taint) || PREFIXES.stream().anyMatch(taint::startsWith);
  }
}
