package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static io.llamamesh.operator.main.MeshIT.condition;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.crd.Names;
import io.llamamesh.keys.KeyClient;
import io.llamamesh.keys.KeyService;
import io.llamamesh.operator.run.OperatorRunner;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** The operator's ClusterRole grants what it uses, no less and no more. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
@ResourceLock(PrometheusCrds.KINDS)
final class RolesIT {
  /** What it must know all of. Of other kinds it sees its own only, however many there are. */
  private static final Set<String> WHOLLY_LISTED = Set.of("nodes", "llamameshes.llamamesh.io");

  @TempDir private Path folder;
  private ClusterUnderTest cluster;

  @BeforeEach
  void start(TestCluster given) {
    // Somebody's cluster tells nobody who asked for what.
    given.controlPlane();
    cluster = new ClusterUnderTest(given);
  }

  @AfterEach
  void stop() {
    if (cluster != null) {
      PrometheusCrds.remove(cluster.client);
      cluster.close();
    }
  }

  @Test
  void theRoleIsWhatALifeOfAMeshUses() throws IOException {
    liveALife();

    Set<String> used = new TreeSet<>();
    for (String right : cluster.operatorRights()) {
      used.add(right);
      // An apply that finds nothing creates.
      if (right.startsWith("patch ") && !right.endsWith("/status")) {
        used.add(right.replace("patch ", "create "));
      }
    }
    assertThat(used).containsExactlyInAnyOrderElementsOf(granted());
    assertThat(cluster.listedWhole())
        .as("kinds of which it holds other people's objects")
        .containsExactlyInAnyOrderElementsOf(WHOLLY_LISTED);
  }

  /** Everything that makes the operator ask for something. */
  private void liveALife() throws IOException {
    PrometheusCrds.install(cluster.client);
    cluster.nodes(1, 2);
    cluster.mesh("m", "scraper: {replicas: 2}");
    cluster.scraperReady("m", 1);
    cluster.scraperReady("m", 2);
    cluster.agentReady("m", cluster.n(1));
    cluster.agentReady("m", cluster.n(2));
    await().until(() -> cluster.peers("m", cluster.n(1)).size() == 1);
    cluster.readdress(cluster.n(1), "10.1.7.7");
    await().until(() -> cluster.agents("m", cluster.n(1)).isEmpty());
    cluster.client.nodes().withName(cluster.n(2)).delete();
    await().until(() -> cluster.configMaps("m").size() == 1);
    cluster.mesh("m", "scraper: {replicas: 1}");
    await()
        .until(() ->
            cluster
                .client
                .policy()
                .v1()
                .podDisruptionBudget()
                .inNamespace(cluster.namespace)
                .list()
                .getItems()
                .isEmpty());
    cluster.mesh(
        "m", "scraper: {replicas: 1}\nregistration: {enabled: true, tokenSecret: outside-token}");
    await().until(() -> cluster.hasDeployment("m-registry"));
    cluster.mesh("m", "scraper: {replicas: 1}");
    await().until(() -> !cluster.hasDeployment("m-registry"));
    await().until(() -> cluster.operatorRights().contains("get leases.coordination.k8s.io"));
    cluster.labelMesh("m", "team", "x");
    // One that could not be written in time is tried again after a minute.
    await()
        .atMost(3, TimeUnit.MINUTES)
        .until(() -> cluster.operatorRights().contains("patch podmonitors.monitoring.coreos.com"));
    cluster.annotateMesh("m", Names.ROTATE_ANNOTATION, "1");
    await()
        .until(() ->
            cluster
                .client
                .secrets()
                .inNamespace(cluster.namespace)
                .withName(Names.authSecret("m"))
                .get()
                .getMetadata()
                .getAnnotations()
                .containsKey(Names.ROTATE_ANNOTATION));
    askForKeys();
    cluster.stopOperator();
    cluster.mesh("m", "probes: [{from: x, to: x}]");
    try (OperatorRunner leader = cluster.candidate("a")) {
      cluster.awaitMesh("m", m -> "False".equals(condition(m, "Accepted").getStatus()));
      assertThat(leader.isLeading()).isTrue();
    }
  }

  /** Whatever the token: it is the API server that knows. */
  private void askForKeys() throws IOException {
    cluster.stopOperator();
    cluster.serveKeys();
    cluster.startOperator();
    cluster.mesh("m", "security: {keys: Node}");
    ConfigMap map =
        await()
            .until(
                () ->
                    cluster
                        .client
                        .configMaps()
                        .inNamespace(cluster.namespace)
                        .withName(Names.keysConfigMap("m"))
                        .get(),
                Objects::nonNull);
    Files.writeString(folder.resolve(KeyService.FILE), map.getData().get(Names.KEY_SERVICE_KEY));
    Files.writeString(folder.resolve(KeyService.TOKEN_FILE), "no.real.token");
    KeyService service = KeyService.read(folder);
    assertThatThrownBy(() -> KeyClient.fetch(service, folder)).hasMessageContaining("401");
  }

  private static Set<String> granted() {
    InputStream file =
        Objects.requireNonNull(
            RolesIT.class.getResourceAsStream("/io/llamamesh/operator/cluster-role.yaml"));
    Set<String> granted = new TreeSet<>();
    for (PolicyRule rule : Serialization.unmarshal(file, ClusterRole.class).getRules()) {
      for (String group : rule.getApiGroups()) {
        for (String resource : rule.getResources()) {
          for (String verb : rule.getVerbs()) {
            if (!verb.equals("bind")) {
              granted.add(verb + " " + named(resource, group));
            }
          }
        }
      }
    }
    return granted;
  }

  /** As the audit log tells it: {@code llamameshes.llamamesh.io/status}. */
  private static String named(String resource, String group) {
    if (group.isEmpty()) {
      return resource;
    }
    int slash = resource.indexOf('/');
    return slash < 0
        ? resource + "." + group
        : resource.substring(0, slash) + "." + group + resource.substring(slash);
  }
}
