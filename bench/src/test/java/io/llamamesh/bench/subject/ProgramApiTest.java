package io.llamamesh.bench.subject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class ProgramApiTest {

  private static final String METRICS =
      """
      # TYPE llamamesh_reflector_datagrams_total counter
      llamamesh_reflector_datagrams_total{verdict="malformed"} 3.0
      llamamesh_reflector_datagrams_total{verdict="reflected"} 1.234567E7
      """;

  @Test
  void aCounterIsFoundByItsNameAndLabel() throws IOException {
    assertThat(
            ProgramApi.counter(
                METRICS, "llamamesh_reflector_datagrams_total{verdict=\"reflected\""))
        .isEqualTo(12_345_670);
  }

  @Test
  void aCounterThatIsNotThereIsNoZero() {
    assertThatThrownBy(() -> ProgramApi.counter(METRICS, "llamamesh_probes_total{outcome=\"sent\""))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("llamamesh_probes_total");
  }
}
