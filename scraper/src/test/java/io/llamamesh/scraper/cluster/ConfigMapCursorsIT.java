package io.llamamesh.scraper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.results.WindowCursor;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Cursors in a ConfigMap on a real Kubernetes API. */
@KubernetesCluster
final class ConfigMapCursorsIT {
  private static final Map<String, Bookmark> CURSORS =
      Map.of("node-1", Bookmark.at(new WindowCursor("life", 7)));

  private KubernetesClient client;
  private ConfigMapCursors cursors;

  @BeforeEach
  void start(TestCluster cluster) {
    client = cluster.client();
    cursors = new ConfigMapCursors(new MeshOwner(client, cluster.namespace(), "m", null));
  }

  @Test
  void whatIsSavedIsLoadedAgain() {
    cursors.save(Map.of());
    cursors.save(CURSORS);

    assertThat(cursors.load()).isEqualTo(CURSORS);
  }

  @Test
  void aStrangersConfigMapIsNeitherReadNorWritten() {
    ConfigMap theirs =
        client
            .resource(
                new ConfigMapBuilder()
                    .withNewMetadata()
                    .withName(ConfigMapCursors.name("m"))
                    .endMetadata()
                    .withData(Map.of(ConfigMapCursors.KEY, "theirs"))
                    .build())
            .create();

    assertThat(cursors.load()).isEmpty();
    assertThatThrownBy(() -> cursors.save(CURSORS))
        .hasMessageContaining("ConfigMap m-scraper-cursors is not this mesh's");
    assertThat(client.resource(theirs).get().getMetadata().getResourceVersion())
        .isEqualTo(theirs.getMetadata().getResourceVersion());
  }
}
