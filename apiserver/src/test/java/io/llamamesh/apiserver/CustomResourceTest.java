package io.llamamesh.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CustomResourceTest {
  private FakeApiServer server;
  private KubernetesClient client;

  @BeforeEach
  void start() throws IOException {
    server = FakeApiServer.start();
    client = server.client();
    try (InputStream crd =
        Objects.requireNonNull(getClass().getResourceAsStream("/widgets.yaml"))) {
      client.resource(Serialization.unmarshal(crd, CustomResourceDefinition.class)).create();
    }
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private static GenericKubernetesResource widget(String spec) {
    return Serialization.unmarshal(
        """
        apiVersion: example.org/v1
        kind: Widget
        metadata: {name: w, namespace: default}
        spec:
        """
            + spec.indent(2),
        GenericKubernetesResource.class);
  }

  private GenericKubernetesResource apply(GenericKubernetesResource widget) {
    return client.resource(widget).fieldManager("test").forceConflicts().serverSideApply();
  }

  private static final String GOOD = "size: 3\nmode: Fast\n";

  @Test
  void defaultsAreFilledInWhereTheParentIsThere() {
    GenericKubernetesResource made = client.resource(widget(GOOD)).create();

    assertThat(made.<Object>get("spec", "color")).isEqualTo("red");
    assertThat(made.<Object>get("spec", "limits", "depth")).isEqualTo(7);
    assertThat(made.<Object>get("spec", "nested")).isNull();
  }

  @Test
  void unknownFieldsArePruned() {
    GenericKubernetesResource made = client.resource(widget(GOOD + "colour: blue\n")).create();

    assertThat(made.<Object>get("spec", "colour")).isNull();
  }

  @Test
  void anUnknownFieldIsRefusedOnApply() {
    assertThatThrownBy(() -> apply(widget(GOOD + "colour: blue\n")))
        .isInstanceOfSatisfying(
            KubernetesClientException.class,
            e ->
                assertThat(e.getStatus().getMessage())
                    .contains(".spec.colour: field not declared in schema"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mode: Fast | spec.size: Required value",
        "size: x; mode: Fast | spec.size in body must be of type integer",
        "size: 0; mode: Fast | spec.size in body should be greater than or equal to 1",
        "size: 11; mode: Fast | spec.size in body should be less than or equal to 10",
        "size: 3; mode: Slow | spec.mode: Unsupported value: \"Slow\": supported values: \"Fast\","
            + " \"Safe\"",
        "size: 3; mode: Fast; color: Red | spec.color in body should match",
        "size: 3; mode: Fast; parts: [{name: a}, {name: a}] | spec.parts[1]: Duplicate value",
        "size: 3; mode: Fast; parts: [{name: a}, {name: b}, {name: c}] | spec.parts: Too many: 3",
        "size: 3; mode: Fast; parts: [{count: 1}] | spec.parts[0].name: Required value",
        "size: 3; mode: Fast; amount: 0.5 | spec.amount in body must be of type integer,string",
      })
  void aBrokenRuleIsRefusedByName(String spec, String message) {
    assertThatThrownBy(() -> client.resource(widget(spec.replace("; ", "\n"))).create())
        .as(spec)
        .isInstanceOfSatisfying(
            KubernetesClientException.class,
            e -> {
              assertThat(e.getCode()).isEqualTo(422);
              assertThat(e.getStatus().getReason()).isEqualTo("Invalid");
              assertThat(e.getStatus().getMessage())
                  .startsWith("Widget.example.org \"w\" is invalid: ")
                  .contains(message);
              assertThat(e.getStatus().getDetails().getCauses()).isNotEmpty();
            });
  }

  @Test
  void statusIsWrittenApartAndDoesNotCountAsGeneration() {
    GenericKubernetesResource withStatus = widget(GOOD);
    withStatus.setAdditionalProperty("status", Map.of("ready", 5));
    GenericKubernetesResource made = client.resource(withStatus).create();
    assertThat(made.<Object>get("status")).isNull();

    GenericKubernetesResource status = widget("size: 9\n");
    status.setAdditionalProperty("status", Map.of("ready", 5));
    GenericKubernetesResource now =
        client
            .resource(status)
            .subresource("status")
            .patch(
                new PatchContext.Builder()
                    .withPatchType(PatchType.SERVER_SIDE_APPLY)
                    .withFieldManager("status")
                    .withForce(true)
                    .build());

    assertThat(now.<Object>get("status", "ready")).isEqualTo(5);
    assertThat(now.<Object>get("spec", "size")).isEqualTo(3);
    assertThat(now.getMetadata().getGeneration()).isEqualTo(1);
  }

  @Test
  void anApplyOfTheSameIsNoWriteAlthoughDefaultsWereAdded() {
    GenericKubernetesResource first = apply(widget(GOOD));

    GenericKubernetesResource second = apply(widget(GOOD));

    assertThat(second.getMetadata().getResourceVersion())
        .isEqualTo(first.getMetadata().getResourceVersion());
  }

  @Test
  void withoutItsDefinitionAKindIsNotServed() {
    client
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName("widgets.example.org")
        .delete();

    assertThatThrownBy(() ->
            client.raw("/apis/example.org/v1/namespaces/default/widgets", "POST", widget(GOOD)))
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(404));
  }
}
