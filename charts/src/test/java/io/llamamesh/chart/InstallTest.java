package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.llamamesh.testkit.chart.Chart;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is rendered grants what it says, and is what those without Helm apply. */
class InstallTest {
  @Test
  void theManifestForThoseWithoutHelmIsTheChartsRendering() throws IOException {
    CheckedIn.assertCurrent(InstallManifest.FILE, InstallManifest.rendered());
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

    // What is granted on Leases everywhere is granted in the release's namespace too.
    Set<String> granted = new HashSet<>();
    granted.addAll(flat(Chart.the(all, "ClusterRole", "llama-mesh-operator-llama-mesh")));
    granted.addAll(flat(Chart.the(all, "Role", "llama-mesh-operator-lease")));
    JsonNode own = Chart.YAML.readTree(Chart.FOLDER.resolve("files/operator-role.yaml").toFile());
    Set<String> wanted = new HashSet<>(flat(own));
    String reviews = "create authentication.k8s.io/tokenreviews ";
    assertThat(wanted.remove(reviews)).isTrue();
    assertThat(granted).containsExactlyInAnyOrderElementsOf(wanted);
    String serving = Chart.render(Map.of("watch.allNamespaces", true, "keys.enabled", true));
    assertThat(flat(Chart.the(serving, "ClusterRole", "llama-mesh-operator-llama-mesh")))
        .contains(reviews);
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
}
