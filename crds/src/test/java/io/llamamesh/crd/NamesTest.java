package io.llamamesh.crd;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NamesTest {
  @Test
  void aNodesConfigMapIsNamedAfterMeshAndNode() {
    assertThat(Names.nodeConfigMap("default", "node-1.example"))
        .isEqualTo("default.node-1.example");
  }

  @Test
  void longNodeNamesWithACommonPrefixStayApartWithinTheBound() {
    String prefix = "n".repeat(252);

    String a = Names.nodeConfigMap("default", prefix + "a");
    String b = Names.nodeConfigMap("default", prefix + "b");

    assertThat(a).isNotEqualTo(b).hasSizeLessThanOrEqualTo(253).matches("[a-z0-9.-]*[a-z0-9]");
    assertThat(b).hasSizeLessThanOrEqualTo(253);
    assertThat(Names.nodeConfigMap("default", prefix + "a")).isEqualTo(a);
  }
}
