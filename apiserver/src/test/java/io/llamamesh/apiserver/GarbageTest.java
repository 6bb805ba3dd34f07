package io.llamamesh.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GarbageTest {
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

  private ConfigMap create(String name, ConfigMap... owners) {
    ConfigMapBuilder map =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace("default")
            .endMetadata();
    for (ConfigMap owner : owners) {
      map.editMetadata()
          .addToOwnerReferences(
              new OwnerReferenceBuilder()
                  .withApiVersion("v1")
                  .withKind("ConfigMap")
                  .withName(owner.getMetadata().getName())
                  .withUid(owner.getMetadata().getUid())
                  .build())
          .endMetadata();
    }
    return client.resource(map.build()).create();
  }

  private boolean exists(String name) {
    return client.configMaps().withName(name).get() != null;
  }

  @Test
  void whatADeletedObjectOwnsGoesWithIt() {
    ConfigMap owner = create("owner");
    create("grandchild", create("child", owner));
    create("stranger");

    client.resource(owner).delete();

    await().until(() -> !exists("child") && !exists("grandchild"));
    assertThat(exists("stranger")).isTrue();
  }

  @Test
  void whatHasAnotherOwnerStays() {
    ConfigMap one = create("one");
    ConfigMap two = create("two");
    create("child", one, two);

    client.resource(one).delete();
    create("last", one);
    await().until(() -> !exists("last"));
    assertThat(exists("child")).isTrue();

    client.resource(two).delete();
    await().until(() -> !exists("child"));
  }

  @Test
  void anOrphaningDeleteIsRefused() {
    ConfigMap owner = create("owner");

    assertThatThrownBy(() ->
            client
                .configMaps()
                .withName(owner.getMetadata().getName())
                .withPropagationPolicy(DeletionPropagation.ORPHAN)
                .delete())
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(400));
    assertThat(exists("owner")).isTrue();
  }

  @Test
  void anObjectWhoseOwnerNeverWasIsDeleted() {
    ConfigMap owner = create("owner");
    client.resource(owner).delete();

    create("late", owner);

    await().until(() -> !exists("late"));
  }

  @Test
  void aDeletedNamespaceTakesItsContentAlong() {
    client
        .resource(new NamespaceBuilder().withNewMetadata().withName("team").endMetadata().build())
        .create();
    client
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName("a")
                .withNamespace("team")
                .endMetadata()
                .build())
        .create();

    client.namespaces().withName("team").delete();

    await().until(() -> client.namespaces().withName("team").get() == null);
    assertThat(client.configMaps().inNamespace("team").list().getItems()).isEmpty();
  }
}
