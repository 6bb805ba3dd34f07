package io.llamamesh.local.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.llamamesh.apiserver.journal.Request;
import io.llamamesh.apiserver.journal.RequestJournal;
import io.llamamesh.local.cluster.LocalNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The ClusterRoles of agents and scrapers grant what these use, no less and no more: real ones, in
 * a mesh with two scrapers. A scraper writes down how far it has read once a minute.
 */
class RolesIT {
  private static final Path ROLES = Path.of("../rbac.yaml");
  private static final Duration PATIENCE = Duration.ofSeconds(150);
  private static final String MESH =
      """
      apiVersion: llamamesh.io/v1alpha1
      kind: LlamaMesh
      metadata: {name: roles, namespace: llama-mesh}
      spec:
        collector: {interval: 2s}
        scraper: {replicas: 2}
      """;

  @TempDir Path folder;
  private String root;

  @BeforeEach
  void programsAreThoseOfTheCheckout() {
    root = System.setProperty("llamamesh.root", "../..");
  }

  @AfterEach
  void asItWas() {
    if (root == null) {
      System.clearProperty("llamamesh.root");
    } else {
      System.setProperty("llamamesh.root", root);
    }
  }

  @Test
  void agentsAndScrapersMayDoWhatTheyDoAndNothingElse() throws Exception {
    Assumptions.assumeTrue(addressesAreFree(), "another local mesh is running");
    Path file = Files.writeString(folder.resolve("mesh.yaml"), MESH);
    LocalOptions options =
        new LocalOptions(2, null, 0, folder.resolve("data"), file, null, List.of());

    try (LocalMesh mesh = LocalMesh.start(options, quiet())) {
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofSeconds(1))
          .untilAsserted(() -> {
            assertThat(used(mesh.requests(), "roles-agent"))
                .isEqualTo(granted("llama-mesh-agent"));
            assertThat(used(mesh.requests(), "roles-scraper"))
                .isEqualTo(granted("llama-mesh-scraper"));
          });
    }
  }

  private static Set<String> used(RequestJournal journal, String account) {
    Set<String> used = new TreeSet<>();
    for (Request request : journal.counts().keySet()) {
      if (request.identity().equals(account)) {
        used.add(request.verb() + " " + request.resource());
      }
    }
    return used;
  }

  private static Set<String> granted(String role) throws IOException {
    Set<String> granted = new TreeSet<>();
    try (InputStream file = Files.newInputStream(ROLES)) {
      List<HasMetadata> roles = new KubernetesSerialization().unmarshal(file);
      for (HasMetadata object : roles) {
        if (object.getMetadata().getName().equals(role)) {
          ((ClusterRole) object).getRules().forEach(rule -> add(rule, granted));
        }
      }
    }
    assertThat(granted).isNotEmpty();
    return granted;
  }

  private static void add(PolicyRule rule, Set<String> granted) {
    for (String group : rule.getApiGroups()) {
      for (String resource : rule.getResources()) {
        for (String verb : rule.getVerbs()) {
          granted.add(verb + " " + resource + (group.isEmpty() ? "" : "." + group));
        }
      }
    }
  }

  private static boolean addressesAreFree() {
    try {
      Ports.check(LocalNode.of(2, false), 8100, 8100);
      return true;
    } catch (UserError e) {
      return false;
    }
  }

  private static Terminal quiet() {
    return new Terminal(
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8), false);
  }
}
