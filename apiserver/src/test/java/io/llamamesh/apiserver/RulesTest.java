package io.llamamesh.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RulesTest {
  private FakeApiServer server;
  private KubernetesClient client;

  @BeforeEach
  void start() throws IOException {
    server = FakeApiServer.start();
    client = server.client();
    define(definition());
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private String definition() throws IOException {
    try (InputStream crd =
        Objects.requireNonNull(getClass().getResourceAsStream("/gadgets.yaml"))) {
      return new String(crd.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private void define(String crd) {
    client
        .resource(Serialization.unmarshal(crd, GenericKubernetesResource.class))
        .fieldManager("test")
        .forceConflicts()
        .serverSideApply();
  }

  private GenericKubernetesResource apply(String name, String spec) {
    return client
        .resource(
            Serialization.unmarshal(
                """
                apiVersion: example.org/v1
                kind: Gadget
                metadata: {name: %s, namespace: default}
                spec: {%s}
                """
                    .formatted(name, spec),
                GenericKubernetesResource.class))
        .fieldManager("test")
        .forceConflicts()
        .serverSideApply();
  }

  private void refuses(String name, String spec, String message) {
    assertThatThrownBy(() -> apply(name, spec))
        .as(spec)
        .isInstanceOfSatisfying(
            KubernetesClientException.class,
            e -> {
              assertThat(e.getCode()).isEqualTo(422);
              assertThat(e.getStatus().getMessage()).contains(message);
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "one: x",
        "two: x",
        "one: x, every: 90s",
        "one: x, percent: 0",
        "one: x, percent: '0.5'",
        "one: x, percent: 100",
        "one: x, parts: [{name: a, base: 1}, {name: b, base: 2}, {name: c}]"
      })
  void whatFollowsTheRulesIsTaken(String spec) {
    assertThat(apply("good", spec).getMetadata().getUid()).isNotBlank();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fixed: 1 | spec: Invalid value: \"object\": exactly one of one and two must be given",
        "one: x, two: y | exactly one of one and two must be given",
        "one: x, every: 10ms | spec.every: Invalid value: \"10ms\": every must be from 1s to 1h",
        "one: x, every: soon | spec.every",
        "one: x, percent: 101 | percent must be from 0 to 100",
        "one: x, percent: '-0.5' | percent must be from 0 to 100",
        "one: x, parts: [{name: a, base: 7}, {name: b, base: 7}] | spec.parts must not share a"
            + " base",
        "one: x, parts: [{name: a, base: 65533}] | spec.parts[0]: Invalid value: \"object\": base +"
            + " count",
      })
  void whatBreaksARuleIsRefusedInItsWords(String spec, String message) {
    refuses("bad", spec, message);
  }

  @Test
  void aRuleMayLookAtTheNameOnly() {
    refuses("much-too-long", "one: x", "metadata.name must have at most 8 characters");
  }

  @Test
  void aTransitionRuleComparesWithTheVersionBefore() {
    apply("good", "one: x, fixed: 1");
    apply("good", "one: y, fixed: 1");

    refuses("good", "one: y, fixed: 2", "spec: Invalid value: \"object\": fixed can't be changed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"has(self.", "1 + 1", "unknownFunction(self)"})
  void aRuleThatDoesNotCompileMakesTheDefinitionUnacceptable(String rule) throws IOException {
    String crd = definition().replace("has(self.one) != has(self.two)", rule);

    assertThatThrownBy(() -> define(crd))
        .isInstanceOfSatisfying(
            KubernetesClientException.class,
            e -> {
              assertThat(e.getCode()).isEqualTo(422);
              assertThat(e.getStatus().getMessage())
                  .contains("properties[spec].x-kubernetes-validations[1].rule")
                  .contains("compilation failed");
            });
  }
}
