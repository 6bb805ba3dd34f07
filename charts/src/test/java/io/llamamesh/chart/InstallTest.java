package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.apiserver.StandInApiServer;
import io.llamamesh.crd.LlamaMesh;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is rendered is what an API server takes, and grants no more than the operator uses. */
class InstallTest {
  private static final String CRD = "llamameshes.llamamesh.io";

  private StandInApiServer server;
  private KubernetesClient client;

  @BeforeEach
  void start() throws IOException {
    server = StandInApiServer.start();
    client = server.client();
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  @Test
  void theManifestForThoseWithoutHelmIsTheChartsRendering() throws IOException {
    CheckedIn.assertCurrent(InstallManifest.FILE, InstallManifest.rendered());
  }

  @Test
  void theManifestAppliesInOneGoAndAgainWithoutAChange() throws IOException {
    String manifest = Files.readString(InstallManifest.FILE);

    List<HasMetadata> first = apply(manifest);
    List<HasMetadata> second = apply(manifest);

    assertThat(first).extracting(HasMetadata::getKind).contains("Deployment", "NetworkPolicy");
    assertThat(first).extracting(HasMetadata::getKind).doesNotContain("LlamaMesh");
    assertThat(versions(second)).isEqualTo(versions(first));
    assertThatNoException()
        .isThrownBy(
            () -> apply(Files.readString(Chart.ROOT.resolve("examples/meshes/minimal.yaml"))));
  }

  /** Helm installs a CRD once and never again; the notes say what to do before an upgrade. */
  @Test
  void theCrdOfAnOlderReleaseIsUpgradedByWhatHelmShows() throws IOException {
    String crds = Chart.helm().show().crds().call();
    JsonNode older = Chart.the(crds, "CustomResourceDefinition", CRD);
    ObjectNode version = (ObjectNode) older.at("/spec/versions/0");
    version.remove("additionalPrinterColumns");
    ((ObjectNode) version.at("/schema/openAPIV3Schema/properties/spec/properties"))
        .remove("alerts");
    apply(older.toString());
    apply(
        """
        apiVersion: llamamesh.io/v1alpha1
        kind: LlamaMesh
        metadata: {name: kept, namespace: default}
        spec: {paused: true}
        """);

    apply(crds);

    var upgraded =
        client
            .resources(CustomResourceDefinition.class)
            .withName(CRD)
            .get()
            .getSpec()
            .getVersions()
            .getFirst();
    assertThat(upgraded.getAdditionalPrinterColumns()).isNotEmpty();
    assertThat(
            upgraded.getSchema().getOpenAPIV3Schema().getProperties().get("spec").getProperties())
        .containsKey("alerts");
    assertThat(
            client
                .resources(LlamaMesh.class)
                .inNamespace("default")
                .withName("kept")
                .get()
                .getSpec()
                .paused())
        .isTrue();
  }

  @Test
  void theDefaultsLookAfterTheirOwnNamespaceAndReadNothingElseButNodes() {
    JsonNode cluster =
        Chart.the(Chart.render(Map.of()), "ClusterRole", "llama-mesh-operator-llama-mesh");

    assertThat(cluster.path("rules")).hasSize(1);
    assertThat(cluster.at("/rules/0/resources").toString()).isEqualTo("[\"nodes\"]");
    assertThat(cluster.at("/rules/0/verbs").toString()).isEqualTo("[\"list\",\"watch\"]");
  }

  @Test
  void withAllNamespacesTheRightsAreTheOperatorsWhole() throws IOException {
    String all = Chart.render(Map.of("watch.allNamespaces", true));

    List<String> granted = new ArrayList<>();
    granted.addAll(flat(Chart.the(all, "ClusterRole", "llama-mesh-operator-llama-mesh")));
    granted.addAll(flat(Chart.the(all, "Role", "llama-mesh-operator-lease")));
    JsonNode own = Chart.YAML.readTree(Chart.FOLDER.resolve("files/operator-role.yaml").toFile());
    assertThat(granted).containsExactlyInAnyOrderElementsOf(flat(own));
  }

  @Test
  void theRolesOfMeshesAreTheExamples() throws IOException {
    String rendering = Chart.render(Map.of());
    for (JsonNode role :
        Chart.objects(Files.readString(Chart.ROOT.resolve("examples/rbac.yaml")))) {
      assertThat(Chart.the(rendering, "ClusterRole", Chart.name(role)).path("rules"))
          .isEqualTo(role.path("rules"));
    }
    assertThat(Chart.ofKind(rendering, ClusterRole.class.getSimpleName())).hasSize(3);
  }

  /** {@code verb group/resource [names]}, one by one. */
  private static List<String> flat(JsonNode role) {
    List<String> flat = new ArrayList<>();
    for (JsonNode rule : role.path("rules")) {
      for (JsonNode group : rule.path("apiGroups")) {
        for (JsonNode resource : rule.path("resources")) {
          for (JsonNode verb : rule.path("verbs")) {
            flat.add(
                verb.asText()
                    + " "
                    + group.asText()
                    + "/"
                    + resource.asText()
                    + " "
                    + rule.path("resourceNames"));
          }
        }
      }
    }
    return flat;
  }

  private List<HasMetadata> apply(String yaml) {
    return Kubectl.apply(client, yaml);
  }

  private static List<String> versions(List<HasMetadata> objects) {
    return objects.stream()
        .map(o ->
            o.getKind()
                + "/"
                + o.getMetadata().getName()
                + " "
                + o.getMetadata().getResourceVersion())
        .toList();
  }
}
