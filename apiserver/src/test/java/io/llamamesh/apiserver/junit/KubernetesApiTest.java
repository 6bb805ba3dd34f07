package io.llamamesh.apiserver.junit;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

@KubernetesApi(crds = "classpath:/widgets.yaml")
class KubernetesApiTest {
  @RepeatedTest(2)
  void eachTestHasANamespaceOfItsOwn(TestCluster cluster, KubernetesClient client) {
    assertThat(client.getNamespace()).isEqualTo(cluster.namespace());
    assertThat(client.resources(ConfigMap.class).withLabel("x").list().getItems()).isEmpty();

    client
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName("same-name-in-both")
                .addToLabels("x", "y")
                .endMetadata()
                .build())
        .create();

    assertThat(client.configMaps().withName("same-name-in-both").get()).isNotNull();
  }

  @Test
  void definitionsAreThereBeforeTheTest(KubernetesClient client) {
    assertThat(
            client
                .apiextensions()
                .v1()
                .customResourceDefinitions()
                .withName("widgets.example.org")
                .get())
        .isNotNull();
  }
}
