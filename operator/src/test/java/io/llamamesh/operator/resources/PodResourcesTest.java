package io.llamamesh.operator.resources;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PodResourcesTest {
  @Test
  void aPodOfAMeshThatNamesNothingIsNotBestEffort() {
    assertThat(PodResources.AGENT.with(null)).isEqualTo(resources(DEFAULTS));
    assertThat(merged(PodResources.SCRAPER, null).getRequests()).containsKeys("cpu", "memory");
    assertThat(merged(PodResources.SCRAPER, null).getLimits()).containsKey("memory");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          what is named replaces the default | {requests: {cpu: 100m}} | {requests: {cpu: 100m, memory: 128Mi, ephemeral-storage: 64Mi}, limits: {memory: 192Mi, ephemeral-storage: 1280Mi}}
          in its own spelling | {limits: {memory: 0.25Gi}} | {requests: {cpu: 20m, memory: 128Mi, ephemeral-storage: 64Mi}, limits: {memory: 0.25Gi, ephemeral-storage: 1280Mi}}
          other resources are added | {limits: {cpu: "1"}} | {requests: {cpu: 20m, memory: 128Mi, ephemeral-storage: 64Mi}, limits: {cpu: "1", memory: 192Mi, ephemeral-storage: 1280Mi}}
          a default request gives way to a lower limit | {limits: {cpu: 10m, memory: 96Mi}} | {requests: {cpu: 10m, memory: 96Mi, ephemeral-storage: 64Mi}, limits: {cpu: 10m, memory: 96Mi, ephemeral-storage: 1280Mi}}
          a default limit gives way to a higher request | {requests: {memory: 1Gi}} | {requests: {cpu: 20m, memory: 1Gi, ephemeral-storage: 64Mi}, limits: {memory: 1Gi, ephemeral-storage: 1280Mi}}
          a limit of 0 is none | {limits: {memory: "0"}} | {requests: {cpu: 20m, memory: 128Mi, ephemeral-storage: 64Mi}, limits: {ephemeral-storage: 1280Mi}}
          nor does it lower a request | {limits: {memory: "0", ephemeral-storage: 0Gi}} | {requests: {cpu: 20m, memory: 128Mi, ephemeral-storage: 64Mi}, limits: {}}
          a request of 0 is said, since an absent one is the limit | {requests: {ephemeral-storage: "0"}} | {requests: {cpu: 20m, memory: 128Mi, ephemeral-storage: "0"}, limits: {memory: 192Mi, ephemeral-storage: 1280Mi}}
          claims stay | {claims: [{name: nic}]} | {claims: [{name: nic}], requests: {cpu: 20m, memory: 128Mi, ephemeral-storage: 64Mi}, limits: {memory: 192Mi, ephemeral-storage: 1280Mi}}
          """)
  void entryByEntryTheUsersOverTheDefaults(String rule, String given, String wanted) {
    assertThat(merged(PodResources.AGENT, resources(given))).as(rule).isEqualTo(resources(wanted));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{requests: {}, limits: {}}"})
  void nothingAtAllIsNothing(String given) {
    assertThat(PodResources.AGENT.with(resources(given))).isNull();
  }

  @Test
  void whatIsNoQuantityIsLeftToTheServerToRefuse() {
    ResourceRequirements resources = new ResourceRequirements();
    resources.setLimits(Map.of("memory", new Quantity("half")));

    assertThat(merged(PodResources.AGENT, resources).getLimits().get("memory").getAmount())
        .isEqualTo("half");
    assertThat(merged(PodResources.AGENT, resources).getRequests().get("memory"))
        .isEqualTo(new Quantity("128Mi"));
  }

  private static final String DEFAULTS =
      "{requests: {cpu: 20m, memory: 128Mi, ephemeral-storage: 64Mi}, limits: {memory: 192Mi, ephemeral-storage: 1280Mi}}";

  private static ResourceRequirements merged(
      PodResources defaults, @Nullable ResourceRequirements given) {
    return Objects.requireNonNull(defaults.with(given));
  }

  private static ResourceRequirements resources(String yaml) {
    try {
      return new YAMLMapper().readValue(yaml, ResourceRequirements.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
