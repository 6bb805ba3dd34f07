package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.marcnuri.helm.Helm;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.testkit.chart.Chart;
import io.llamamesh.testkit.chart.InstalledOperator;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.PlatformUsers;
import io.llamamesh.testkit.junit.TestCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** On an OpenShift, as the chart knows it, every pod passes who gives users there. */
@KubernetesCluster(crds = InstalledOperator.CRD)
@ResourceLock(KubernetesCluster.WHOLE)
class PodUserIT {
  /** By its group alone an OpenShift is known. */
  private static final String CONSTRAINTS =
      """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: securitycontextconstraints.security.openshift.io}
      spec:
        group: security.openshift.io
        scope: Cluster
        names: {kind: SecurityContextConstraints, plural: securitycontextconstraints}
        versions:
        - name: v1
          served: true
          storage: true
          schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
      """;

  @TempDir private Path folder;
  private TestCluster cluster;
  private KubernetesClient client;
  private CustomResourceDefinition constraints;
  private PlatformUsers platform;
  private String kubeconfig;

  @BeforeEach
  void start(TestCluster given) {
    cluster = given;
    client = given.client();
    kubeconfig = given.controlPlane().kubeconfig();
    constraints = Serialization.unmarshal(CONSTRAINTS, CustomResourceDefinition.class);
    client.resource(constraints).create();
    await().until(() -> client.hasApiGroup("security.openshift.io", true));
    platform = PlatformUsers.in(given);
    client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(node())
                .addToLabels("kubernetes.io/os", "linux")
                .endMetadata()
                .withNewStatus()
                .addNewAddress("10.9.0.1", "InternalIP")
                .endStatus()
                .build())
        .create();
  }

  @AfterEach
  void remove() {
    client.resources(LlamaMesh.class).withName("default").delete();
    Helm.uninstall(Chart.RELEASE)
        .withNamespace(cluster.namespace())
        .withKubeConfigContents(kubeconfig)
        .call();
    client.nodes().withName(node()).delete();
    platform.close();
    client.resource(constraints).delete();
    await().until(() -> !client.hasApiGroup("security.openshift.io", true));
  }

  @Test
  void theChartsDefaultsLetItGiveThePodsOfOperatorAgentsAndScraperTheirUser() throws Exception {
    Chart.helm()
        .install()
        .withName(Chart.RELEASE)
        .withNamespace(cluster.namespace())
        .withKubeConfigContents(kubeconfig)
        .set("mesh.create", true)
        .call();

    await().until(() -> pods("operator").size() == 2);
    Process operator =
        InstalledOperator.start(
            cluster,
            folder,
            "operator",
            Serialization.asYaml(
                client.apps().deployments().withName(InstalledOperator.NAME).get()));
    try {
      await().until(() -> pods("agent").size() == 1 && pods("scraper").size() == 2);
    } finally {
      operator.destroy();
      assertThat(operator.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  /** Nodes have no namespace: other tests must not take this for theirs. */
  private String node() {
    return cluster.namespace() + "-1";
  }

  private List<Pod> pods(String component) {
    return client.pods().withLabel("app.kubernetes.io/component", component).list().getItems();
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(200));
  }
}
