package io.llamamesh.local.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeshDocumentTest {
  private static final String MESH =
      """
      apiVersion: llamamesh.io/v1alpha1
      kind: LlamaMesh
      metadata: {name: mine}
      spec:
        collector: {interval: 5s}
        scraper: {replicas: 1}
      """;

  @TempDir Path folder;

  @Test
  void aMeshWithWhatGoesWithItIsReadIntoOurNamespace() throws Exception {
    MeshDocument document =
        read(MESH + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {k: dg==}\n");

    assertThat(document.name()).isEqualTo("mine");
    assertThat(document.namespace()).isEqualTo("llama-mesh");
    assertThat(document.others())
        .extracting(HasMetadata::getKind, other -> other.getMetadata().getNamespace())
        .containsExactly(org.assertj.core.groups.Tuple.tuple("Secret", "llama-mesh"));
    assertThat(document.settings().collector().interval().text()).isEqualTo("5s");
    assertThat(document.hasStore()).isFalse();
  }

  @Test
  void aStoreIsAddedBesideWhatTheFileSays() throws Exception {
    MeshDocument document = read(MESH).withStore("http://127.0.0.1:9", "o", "b", "t");

    assertThat(document.hasStore()).isTrue();
    assertThat(document.settings().scraper().influxdb().v2().bucket()).isEqualTo("b");
    assertThat(document.settings().scraper().replicas()).isEqualTo(1);
    assertThat(document.others()).extracting(HasMetadata::getKind).containsExactly("Secret");
  }

  @Test
  void thePageOfTheStandardMeshTakesATokenForBursts() throws Exception {
    MeshDocument document =
        MeshDocument.standard(false).withPageToken("t").withStore("http://x", "o", "b", "s");

    assertThat(document.settings().scraper().tokenSecret()).isNotNull();
    assertThat(document.others())
        .extracting(other -> other.getMetadata().getName())
        .containsExactly("local-page", "local-store");
  }

  @Test
  void theStandardMeshIsAMesh() throws Exception {
    assertThat(MeshDocument.standard(false).settings().collector().interval().text())
        .isEqualTo("2s");
  }

  @Test
  void aFileThatIsMissingOrHoldsNoMeshIsRefusedWithItsName() throws Exception {
    assertThatThrownBy(() -> MeshDocument.read(folder.resolve("nowhere.yaml")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("nowhere.yaml")
        .hasMessageNotContaining("\n");
    for (String text :
        new String[] {
          "",
          "just text",
          "a: [1",
          "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n",
          MESH + "---\n" + MESH,
          MESH.replace("metadata: {name: mine}", "metadata: {}")
        }) {
      assertThatThrownBy(() -> read(text))
          .as(text)
          .isInstanceOf(UserError.class)
          .hasMessageContaining("mesh.yaml")
          .hasMessageNotContaining("\n");
    }
  }

  private MeshDocument read(String text) throws Exception {
    return MeshDocument.read(Files.writeString(folder.resolve("mesh.yaml"), text));
  }
}
