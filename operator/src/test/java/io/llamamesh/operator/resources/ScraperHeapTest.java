package io.llamamesh.operator.resources;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ScraperHeapTest {
  @ParameterizedTest
  @CsvSource({
    "512Mi, -Xmx344m -Xmn64m",
    "2Gi, -Xmx1784m -Xmn64m",
    "1G, -Xmx758m -Xmn64m",
    "256Mi, -Xmx88m -Xmn22m",
    "64Mi, -Xmx64m -Xmn16m"
  })
  void theHeapIsWhatTheLimitLeaves(String limit, String options) {
    assertThat(
            ScraperHeap.variables(
                new ResourceRequirementsBuilder()
                    .addToLimits("memory", Quantity.parse(limit))
                    .build()))
        .containsExactly(new EnvVar("JAVA_OPTS", options, null));
  }

  @ParameterizedTest
  @ValueSource(strings = {"512MB", "half", "512m", "-1Gi"})
  void whatIsNoSizeIsLeftToTheServerToRefuse(String limit) {
    ResourceRequirements resources = new ResourceRequirements();
    resources.setLimits(Map.of("memory", new Quantity(limit)));

    assertThat(ScraperHeap.variables(resources)).isEmpty();
  }

  @Test
  void withoutALimitItIsWhatTheScraperShipsWith() {
    assertThat(ScraperHeap.variables(null)).isEmpty();
    assertThat(
            ScraperHeap.variables(
                new ResourceRequirementsBuilder()
                    .addToRequests("memory", Quantity.parse("1Gi"))
                    .addToLimits("cpu", Quantity.parse("2"))
                    .build()))
        .isEmpty();
  }
}
