package io.llamamesh.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ControllersTest {

  private static Pod owned(String version, String kind, String name, boolean controller) {
    return new PodBuilder()
        .withNewMetadata()
        .withName("p")
        .addNewOwnerReference()
        .withApiVersion("v1")
        .withKind("Node")
        .withName("n")
        .endOwnerReference()
        .addNewOwnerReference()
        .withApiVersion(version)
        .withKind(kind)
        .withName(name)
        .withController(controller)
        .endOwnerReference()
        .endMetadata()
        .build();
  }

  @Test
  void whatADaemonSetOfThatNameControlsIsItsOwn() {
    assertThat(Controllers.isOfDaemonSet(owned("apps/v1", "DaemonSet", "m-agent", true), "m-agent"))
        .isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "apps/v1, DaemonSet, m-agent, false",
    "apps/v1, DaemonSet, n-agent, true",
    "apps/v1, ReplicaSet, m-agent, true",
    "evil.example/v1, DaemonSet, m-agent, true"
  })
  void whateverElseIsNot(String version, String kind, String name, boolean controller) {
    assertThat(Controllers.isOfDaemonSet(owned(version, kind, name, controller), "m-agent"))
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "apps/v1, ReplicaSet, m-scraper-5d8f9c7b4, true, true",
    "apps/v1, ReplicaSet, m-scraper-5d8f9c7b4, false, false",
    "apps/v1, ReplicaSet, m-scraper, true, false",
    "apps/v1, ReplicaSet, m-scraper-x-5d8f9c7b4, true, false",
    "apps/v1, DaemonSet, m-scraper-5d8f9c7b4, true, false",
    "evil.example/v1, ReplicaSet, m-scraper-5d8f9c7b4, true, false"
  })
  void whatAReplicaSetOfADeploymentControlsIsThatDeployments(
      String version, String kind, String name, boolean controller, boolean ours) {
    assertThat(Controllers.isOfDeployment(owned(version, kind, name, controller), "m-scraper"))
        .isEqualTo(ours);
  }

  @Test
  void labelsAloneMakeNobodyItsOwner() {
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .addToLabels("llamamesh.io/mesh", "m")
            .endMetadata()
            .build();

    assertThat(Controllers.of(pod)).isEmpty();
    assertThat(Controllers.isOfDaemonSet(pod, "m-agent")).isFalse();
  }
}
