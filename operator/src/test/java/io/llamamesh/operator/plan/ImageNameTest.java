package io.llamamesh.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ImageNameTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "agent",
        "llama-mesh/agent:0.1.0",
        "ghcr.io/llama-mesh/agent",
        "registry.example:5000/a/b__c/d.e-f:v1.2.3-rc.1_x",
        "localhost:5000/agent:latest",
        "[fd00::1]:5000/agent",
        "agent@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "a.b/c:d@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      })
  void whatARuntimeReadsIsOne(String name) {
    assertThat(ImageName.isReference(name)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "evil; rm -rf",
        "agent:1 --privileged",
        "https://ghcr.io/agent",
        "Agent",
        "agent:",
        "agent:-x",
        "/agent",
        "agent/",
        "a//b",
        "agent@sha256:short",
        "agent\nother",
        "agent\u001b[2J",
        "$(id)",
        "a--/b",
        "../agent"
      })
  void whateverElseIsNot(String name) {
    assertThat(ImageName.isReference(name)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a-", "a.", "a", "a-a"})
  void noTextTakesLongToRefuse(String part) {
    assertThat(ImageName.isReference(part.repeat(2_000) + "!")).isFalse();
  }
}
