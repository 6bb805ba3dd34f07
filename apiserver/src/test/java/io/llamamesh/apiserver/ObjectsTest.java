package io.llamamesh.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.llamamesh.apiserver.journal.RequestJournal;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ObjectsTest {
  private FakeApiServer server;
  private KubernetesClient client;

  @BeforeEach
  void start() throws IOException {
    server = FakeApiServer.start();
    client = server.client("objects-test");
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private static ConfigMap map(String name, String value) {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace("default")
        .addToLabels("app", value)
        .endMetadata()
        .addToData("key", value)
        .build();
  }

  @Test
  void aCreatedObjectGetsIdentityFromTheServer() {
    ConfigMap made = client.resource(map("a", "1")).create();

    assertThat(made.getMetadata().getUid()).isNotBlank();
    assertThat(made.getMetadata().getResourceVersion()).isNotBlank();
    assertThat(made.getMetadata().getCreationTimestamp()).isNotBlank();
    assertThat(client.configMaps().withName("a").get()).isEqualTo(made);
  }

  @Test
  void creatingTwiceIsRefused() {
    client.resource(map("a", "1")).create();

    assertThatThrownBy(() -> client.resource(map("a", "1")).create())
        .isInstanceOfSatisfying(
            KubernetesClientException.class,
            e -> {
              assertThat(e.getCode()).isEqualTo(409);
              assertThat(e.getStatus().getReason()).isEqualTo("AlreadyExists");
            });
  }

  @Test
  void anUpdateOfAnOldVersionIsRefused() {
    ConfigMap first = client.resource(map("a", "1")).create();
    client.configMaps().withName("a").edit(m -> map("a", "2"));

    assertThatThrownBy(() ->
            client.resource(new ConfigMapBuilder(first).addToData("key", "3").build()).update())
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(409));
  }

  @Test
  void anUpdateThatChangesNothingKeepsTheVersion() {
    ConfigMap first = client.resource(map("a", "1")).create();

    ConfigMap second = client.resource(map("a", "1")).update();

    assertThat(second.getMetadata().getResourceVersion())
        .isEqualTo(first.getMetadata().getResourceVersion());
  }

  @Test
  void labelAndFieldSelectorsChoose() {
    client.resource(map("a", "one")).create();
    client.resource(map("b", "two")).create();

    assertThat(client.configMaps().withLabel("app", "one").list().getItems()).hasSize(1);
    assertThat(client.configMaps().withLabelIn("app", "one", "two").list().getItems()).hasSize(2);
    assertThat(client.configMaps().withLabelNotIn("app", "one").list().getItems())
        .extracting(m -> m.getMetadata().getName())
        .containsExactly("b");
    assertThat(client.configMaps().withoutLabel("app").list().getItems()).isEmpty();
    assertThat(client.configMaps().withField("metadata.name", "b").list().getItems()).hasSize(1);
  }

  @Test
  void podsAreSelectedByNodeAndPhase() {
    Pod pod =
        client
            .resource(
                new PodBuilder()
                    .withNewMetadata()
                    .withName("p")
                    .withNamespace("default")
                    .endMetadata()
                    .withNewSpec()
                    .withNodeName("node-1")
                    .addNewContainer()
                    .withName("c")
                    .withImage("i")
                    .endContainer()
                    .endSpec()
                    .build())
            .create();
    assertThat(pod.getStatus().getPhase()).isEqualTo("Pending");

    client
        .pods()
        .resource(new PodBuilder(pod).withNewStatus().withPhase("Running").endStatus().build())
        .updateStatus();

    assertThat(client.pods().withField("spec.nodeName", "node-1").list().getItems()).hasSize(1);
    assertThat(client.pods().withField("spec.nodeName", "node-2").list().getItems()).isEmpty();
    assertThat(client.pods().withField("status.phase", "Running").list().getItems()).hasSize(1);
  }

  @Test
  void statusAndSpecAreWrittenApart() {
    Node node =
        client
            .resource(
                new NodeBuilder()
                    .withNewMetadata()
                    .withName("node-1")
                    .endMetadata()
                    .withNewStatus()
                    .addNewAddress("127.0.0.11", "InternalIP")
                    .endStatus()
                    .build())
            .create();

    client
        .nodes()
        .withName("node-1")
        .edit(n ->
            new NodeBuilder(n)
                .editMetadata()
                .addToLabels("zone", "a")
                .endMetadata()
                .withNewStatus()
                .endStatus()
                .build());

    Node now = client.nodes().withName("node-1").get();
    assertThat(now.getMetadata().getLabels()).containsEntry("zone", "a");
    assertThat(now.getStatus()).isEqualTo(node.getStatus());
  }

  @Test
  void anObjectWithAFinalizerWaitsForItsRemoval() {
    client
        .resource(
            new ConfigMapBuilder(map("a", "1"))
                .editMetadata()
                .addToFinalizers("example.org/hold")
                .endMetadata()
                .build())
        .create();

    client.configMaps().withName("a").delete();
    ConfigMap held = client.configMaps().withName("a").get();
    assertThat(held.getMetadata().getDeletionTimestamp()).isNotBlank();

    client
        .configMaps()
        .withName("a")
        .edit(m -> new ConfigMapBuilder(m).editMetadata().withFinalizers().endMetadata().build());
    assertThat(client.configMaps().withName("a").get()).isNull();
  }

  @Test
  void aLeaseIsTakenByOneOnly() {
    Lease lease =
        client
            .resource(
                new LeaseBuilder()
                    .withNewMetadata()
                    .withName("leader")
                    .withNamespace("default")
                    .endMetadata()
                    .withNewSpec()
                    .endSpec()
                    .build())
            .create();
    client
        .resource(new LeaseBuilder(lease).editSpec().withHolderIdentity("one").endSpec().build())
        .update();

    assertThatThrownBy(() ->
            client
                .resource(
                    new LeaseBuilder(lease).editSpec().withHolderIdentity("two").endSpec().build())
                .update())
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(409));
  }

  @Test
  void aMissingNamespaceAndAnInvalidNameAreRefused() {
    assertThatThrownBy(() ->
            client
                .configMaps()
                .inNamespace("nowhere")
                .resource(
                    new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName("a")
                        .withNamespace("nowhere")
                        .endMetadata()
                        .build())
                .create())
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(404));
    assertThatThrownBy(() -> client.resource(map("Not_A_Name", "1")).create())
        .isInstanceOfSatisfying(
            KubernetesClientException.class,
            e -> {
              assertThat(e.getCode()).isEqualTo(422);
              assertThat(e.getStatus().getMessage()).contains("metadata.name");
            });
  }

  @Test
  void aDryRunIsRefusedAndWritesNothing() {
    assertThatThrownBy(() -> client.resource(map("a", "1")).dryRun().create())
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(400));

    assertThat(client.configMaps().withName("a").get()).isNull();
  }

  @Test
  void aStrategicMergePatchIsRefused() {
    client.resource(map("a", "1")).create();

    assertThatThrownBy(() ->
            client
                .configMaps()
                .withName("a")
                .patch(PatchContext.of(PatchType.STRATEGIC_MERGE), "{\"data\":{\"key\":\"2\"}}"))
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(415));
  }

  @Test
  void theJournalCountsByClientVerbAndResource() {
    client.resource(map("a", "1")).create();
    client.configMaps().withName("a").get();
    client.configMaps().withName("a").get();

    assertThat(server.journal().counts())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                new RequestJournal.Request("objects-test", "create", "configmaps"),
                1L,
                new RequestJournal.Request("objects-test", "get", "configmaps"),
                2L));
  }
}
