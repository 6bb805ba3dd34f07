package io.llamamesh.testkit.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class TestServerTest {
  @Test
  void withoutAControlPlaneTestsAreSkippedAndSayWhyButForCiWhichFails() {
    assertThat(TestServer.none("install Go", Map.of()).missing()).isEqualTo("install Go");
    assertThat(TestServer.none("install Go", Map.of("CI", "")).missing()).isEqualTo("install Go");
    assertThatThrownBy(() -> TestServer.none("install Go", Map.of("CI", "true")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("CI is set, so that nothing may be skipped, but install Go");
  }
}
