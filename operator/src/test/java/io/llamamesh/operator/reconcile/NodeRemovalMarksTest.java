package io.llamamesh.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeRemovalMarksTest {
  @ParameterizedTest
  @CsvSource({
    "ToBeDeletedByClusterAutoscaler, NoSchedule, true",
    "karpenter.sh/disrupted, NoSchedule, true",
    "karpenter.sh/disruption, NoSchedule, true",
    "node.kubernetes.io/out-of-service, NoExecute, true",
    "node.cloudprovider.kubernetes.io/shutdown, NoSchedule, true",
    "aws-node-termination-handler/spot-itn, NoSchedule, true",
    "aws-node-termination-handler/scheduled-maintenance, NoExecute, true",
    "cloud.google.com/impending-node-termination, NoSchedule, true",
    "DeletionCandidateOfClusterAutoscaler, PreferNoSchedule, false",
    "node.kubernetes.io/unschedulable, NoSchedule, false",
    "node.kubernetes.io/not-ready, NoExecute, false",
    "node.kubernetes.io/unreachable, NoExecute, false",
    "dedicated, NoSchedule, false"
  })
  void aTaintThatMarksARemovalIsToldFromOthers(String key, String effect, boolean leaving) {
    Node node =
        new NodeBuilder()
            .withNewMetadata()
            .withName("n")
            .endMetadata()
            .withNewSpec()
            .addNewTaint(effect, key, null, "1")
            .endSpec()
            .build();

    assertThat(NodeView.of(node).leaving()).isEqualTo(leaving);
  }

  @Test
  void aNodeThatIsBeingDeletedIsLeavingAndACordonedOneIsNot() {
    Node deleted =
        new NodeBuilder()
            .withNewMetadata()
            .withName("n")
            .withDeletionTimestamp("2026-11-20T10:00:00Z")
            .endMetadata()
            .build();
    Node cordoned =
        new NodeBuilder()
            .withNewMetadata()
            .withName("n")
            .endMetadata()
            .withNewSpec()
            .withUnschedulable(true)
            .endSpec()
            .build();

    assertThat(NodeView.of(deleted).leaving()).isTrue();
    assertThat(NodeView.of(cordoned).leaving()).isFalse();
  }
}
