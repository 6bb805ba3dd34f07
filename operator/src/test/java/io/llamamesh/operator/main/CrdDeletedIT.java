package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** The CRD is deleted, meshes with it, and no operator is there to let go of anything. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
@ResourceLock(KubernetesCluster.WHOLE)
final class CrdDeletedIT {
  private static final String NAME = "llamameshes.llamamesh.io";

  private ClusterUnderTest cluster;

  @BeforeEach
  void start(TestCluster given) {
    cluster = new ClusterUnderTest(given);
  }

  @AfterEach
  void stop() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(LlamaMesh.class.getResourceAsStream(NAME + "-v1.yaml"))) {
      cluster
          .client
          .resource(Serialization.unmarshal(in, CustomResourceDefinition.class))
          .forceConflicts()
          .serverSideApply();
    }
    cluster.close();
  }

  @Test
  void theCrdAndWhatItsMeshesHadGoAndThenTheirNamespace() {
    cluster.nodes(1, 2);
    cluster.mesh("m", "");
    cluster.agentReady("m", cluster.n(1));
    await().until(() -> cluster.configMaps("m").size() == 2);
    cluster.stopOperator();
    Resource<CustomResourceDefinition> crd =
        cluster.client.apiextensions().v1().customResourceDefinitions().withName(NAME);

    crd.delete();

    await().until(() -> crd.get() == null);
    cluster.client.namespaces().withName(cluster.namespace).delete();
    await()
        .until(() -> {
          cluster.endPods();
          return cluster.client.namespaces().withName(cluster.namespace).get() == null;
        });
  }
}
