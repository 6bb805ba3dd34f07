package io.llamamesh.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ApplyTest {
  private static final String MAP =
      """
      apiVersion: v1
      kind: ConfigMap
      metadata:
        name: a
        namespace: default
      """;

  private static final String DAEMON_SET =
      """
      apiVersion: apps/v1
      kind: DaemonSet
      metadata:
        name: agents
        namespace: default
        labels: {app: agents}
      spec:
        selector: {matchLabels: {app: agents}}
        template:
          metadata: {labels: {app: agents}}
          spec:
            containers:
            - name: agent
              image: example.org/agent:1
              env:
              - {name: A, value: "1"}
              - {name: B, value: "2"}
              ports:
              - {name: api, containerPort: 8100}
              - {name: probe, containerPort: 8100, protocol: UDP}
            - name: sidecar
              image: example.org/sidecar:1
      """;

  private FakeApiServer server;
  private KubernetesClient client;

  @BeforeEach
  void start() throws IOException {
    server = FakeApiServer.start();
    client = server.client();
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private ConfigMap apply(String manager, String data, boolean force) {
    ConfigMap map = Serialization.unmarshal(MAP + data, ConfigMap.class);
    PatchContext context =
        new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager(manager)
            .withForce(force)
            .build();
    return client.resource(map).patch(context);
  }

  private DaemonSet applyDaemonSet(String yaml) {
    return client
        .resource(Serialization.unmarshal(yaml, DaemonSet.class))
        .fieldManager("operator")
        .forceConflicts()
        .serverSideApply();
  }

  private static Consumer<Throwable> refused(int code, String... saying) {
    return thrown ->
        assertThat(thrown)
            .isInstanceOfSatisfying(
                KubernetesClientException.class,
                e -> {
                  assertThat(e.getCode()).isEqualTo(code);
                  assertThat(e.getStatus().getMessage()).contains(saying);
                });
  }

  @Test
  void theSecondApplyOfTheSameChangesNothing() {
    ConfigMap first = apply("one", "data: {key: x}", false);

    ConfigMap second = apply("one", "data: {key: x}", false);

    assertThat(second).isEqualTo(first);
  }

  @Test
  void aFieldNoLongerAppliedIsPruned() {
    apply("one", "data: {key: x, other: y}", false);

    ConfigMap now = apply("one", "data: {key: x}", false);

    assertThat(now.getData()).containsOnlyKeys("key");
  }

  @Test
  void aFieldThatAnotherManagerAppliesStays() {
    apply("one", "data: {key: x, other: y}", false);
    apply("two", "data: {other: y}", false);

    ConfigMap now = apply("one", "data: {key: x}", false);

    assertThat(now.getData()).containsOnlyKeys("key", "other");
  }

  @Test
  void twoManagersKeepTheirOwnFields() {
    apply("one", "data: {one: x}", false);

    ConfigMap now = apply("two", "data: {two: y}", false);

    assertThat(now.getData()).containsEntry("one", "x").containsEntry("two", "y");
    assertThat(now.getMetadata().getManagedFields())
        .extracting(m -> m.getManager() + " " + m.getOperation())
        .containsExactly("one Apply", "two Apply");
  }

  @Test
  void anotherManagersValueIsAConflict() {
    apply("one", "data: {key: x}", false);

    assertThatThrownBy(() -> apply("two", "data: {key: y}", false))
        .satisfies(refused(409, "conflict with \"one\" using v1: .data.key"));
  }

  @Test
  void forceTakesTheFieldOver() {
    apply("one", "data: {key: x}", false);

    ConfigMap now = apply("two", "data: {key: y}", true);

    assertThat(now.getData()).containsEntry("key", "y");
    assertThat(now.getMetadata().getManagedFields())
        .extracting(m -> m.getManager())
        .containsExactly("two");
  }

  @Test
  void aValueSetByUpdateIsItsWritersOwn() {
    apply("one", "data: {key: x}", false);
    client
        .configMaps()
        .withName("a")
        .edit(m -> {
          m.getData().put("key", "y");
          return m;
        });

    assertThatThrownBy(() -> apply("one", "data: {key: x}", false))
        .satisfies(refused(409, ".data.key"));
    assertThat(apply("one", "data: {key: x}", true).getData()).containsEntry("key", "x");
  }

  @Test
  void aListIsAppliedAsOneValue() {
    applyDaemonSet(DAEMON_SET);

    DaemonSet now =
        applyDaemonSet(
            DAEMON_SET
                .replaceAll("(?m)^.*name: A,.*\n", "")
                .replaceAll("(?m)^.*sidecar.*\n", "")
                .replace("agent:1", "agent:2"));

    var containers = now.getSpec().getTemplate().getSpec().getContainers();
    assertThat(containers).hasSize(1);
    assertThat(containers.getFirst().getImage()).isEqualTo("example.org/agent:2");
    assertThat(containers.getFirst().getEnv()).extracting(e -> e.getName()).containsExactly("B");
    assertThat(now.getMetadata().getGeneration()).isEqualTo(2);
  }

  @Test
  void theGenerationCountsSpecChangesOnly() {
    applyDaemonSet(DAEMON_SET);

    DaemonSet relabelled =
        applyDaemonSet(
            DAEMON_SET.replace("labels: {app: agents}\nspec", "labels: {app: agents, x: y}\nspec"));

    assertThat(relabelled.getMetadata().getLabels()).containsKey("x");
    assertThat(relabelled.getMetadata().getGeneration()).isEqualTo(1);
  }

  @Test
  void aPodTemplateThatChangesNothingKeepsTheVersion() {
    DaemonSet first = applyDaemonSet(DAEMON_SET);

    DaemonSet second = applyDaemonSet(DAEMON_SET);

    assertThat(second.getMetadata().getResourceVersion())
        .isEqualTo(first.getMetadata().getResourceVersion());
  }

  @Test
  void whatWasCreatedIsPrunedOnceItsCreatorIsRenamedToApply() {
    ConfigMap made =
        client
            .resource(Serialization.unmarshal(MAP + "data: {key: x, b: y}", ConfigMap.class))
            .create();
    client
        .resource(made)
        .patch(
            PatchContext.of(PatchType.JSON),
            """
            [{"op": "replace", "path": "/metadata/managedFields/0/manager", "value": "one"},
             {"op": "replace", "path": "/metadata/managedFields/0/operation", "value": "Apply"}]
            """);

    ConfigMap now = apply("one", "data: {key: x}", false);

    assertThat(now.getData()).containsOnlyKeys("key");
  }

  @Test
  void anObjectLeftEmptyGoesUnlessItIsApplied() {
    apply("one", "data: {key: x}\nbinaryData: {k: eA==}", false);

    GenericKubernetesResource now =
        client
            .resource(Serialization.unmarshal(MAP + "data: {}", GenericKubernetesResource.class))
            .fieldManager("one")
            .serverSideApply();

    assertThat(now.<Object>get("data")).isEqualTo(Map.of());
    assertThat(now.<Object>get("binaryData")).isNull();
  }

  @Test
  void whoAppliesNothingOwnsNothing() {
    apply("one", "data: {key: x}", false);

    ConfigMap now = apply("one", "", false);

    assertThat(now.getData()).isEmpty();
    assertThat(now.getMetadata().getManagedFields()).isEmpty();
  }

  @Test
  void parallelAppliesToOneObjectAllCount() throws Exception {
    try (ExecutorService writers = Executors.newFixedThreadPool(8)) {
      List<Future<ConfigMap>> done = new ArrayList<>();
      for (int w = 0; w < 40; w++) {
        String manager = "writer-" + w;
        done.add(writers.submit(() -> apply(manager, "data: {" + manager + ": x}", false)));
      }
      for (Future<ConfigMap> each : done) {
        each.get();
      }
    }

    assertThat(client.configMaps().withName("a").get().getData()).hasSize(40);
  }
}
