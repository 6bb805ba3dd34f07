package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.marcnuri.helm.Release;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.testkit.chart.Chart;
import io.llamamesh.testkit.chart.InstalledOperator;
import io.llamamesh.testkit.chart.Kubectl;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * The chart's life by Helm's own engine on a real API server: installed, upgraded, taken back and
 * uninstalled, while the operator's program looks after a mesh.
 */
@KubernetesCluster
@ResourceLock(KubernetesCluster.WHOLE)
class ChartLifeIT {
  private static final String CRD =
      "customresourcedefinition.apiextensions.k8s.io/llamameshes.llamamesh.io";

  @TempDir private Path folder;
  private TestCluster cluster;
  private KubernetesClient client;
  private String kubeconfig;

  @BeforeEach
  void start(TestCluster given) throws Exception {
    cluster = given;
    client = given.client();
    kubeconfig = given.controlPlane().kubeconfig();
    // Helm installs a CRD only where there is none, and roles only where they are its own.
    Kubectl.run(given, "delete", "--ignore-not-found", "-f", InstallManifest.FILE.toString());
    await().until(() -> client.configMaps().withName("kube-root-ca.crt").get() != null);
    await().until(() -> client.serviceAccounts().withName("default").get() != null);
  }

  @Test
  void itIsInstalledUpgradedTakenBackAndUninstalledAndLeavesTheCrdOnly() throws Exception {
    Set<String> before = inventory();

    Release installed =
        Chart.helm()
            .install()
            .withName(Chart.RELEASE)
            .withNamespace(cluster.namespace())
            .withKubeConfigContents(kubeconfig)
            .call();

    assertThat(installed.getStatus()).isEqualTo("deployed");
    String defaults = Chart.render(cluster.namespace(), Map.of());
    assertThat(missing(defaults)).isEmpty();
    Deployment first = deployment();
    Process operator = InstalledOperator.start(cluster, folder, "operator", defaults);
    try {
      String mesh = mesh();

      Release upgraded =
          upgrade(Map.of("networkPolicy.enabled", false, "watch.allNamespaces", true));

      assertThat(upgraded.getRevision()).isEqualTo("2");
      assertThat(client.network().networkPolicies().withName(InstalledOperator.NAME).get())
          .isNull();
      assertThat(arguments(deployment()))
          .isEqualTo(arguments(first).stream().filter(a -> !a.startsWith("--namespace=")).toList());

      // This engine has no rollback; what one does is to install the older values' objects again.
      Release back = upgrade(Map.of());

      assertThat(back.getRevision()).isEqualTo("3");
      assertThat(missing(defaults)).isEmpty();
      assertThat(deployment().getSpec()).isEqualTo(first.getSpec());
      assertThat(client.resources(LlamaMesh.class).withName("default").get().getMetadata().getUid())
          .isEqualTo(mesh);
      assertThat(operator.isAlive()).isTrue();
      client.resources(LlamaMesh.class).withName("default").delete();
      await().until(() -> client.apps().daemonSets().list().getItems().isEmpty());
    } finally {
      operator.destroy();
      assertThat(operator.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }

    uninstall();

    await()
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(() -> {
          Set<String> left = inventory();
          left.removeAll(before);
          assertThat(left).containsExactly(CRD);
        });
  }

  @Test
  void aWatchedNamespaceThatIsGoneHindersNoUpgradeAndHasItsRoleWithTheNextOnceItIsBack() {
    String other = cluster.namespace() + "-b";
    Map<String, Object> both =
        Map.of("watch.namespaces[0]", cluster.namespace(), "watch.namespaces[1]", other);
    create(other);
    try {
      install(both);
      assertThat(role(other)).isTrue();

      client.namespaces().withName(other).delete();
      await().until(() -> client.namespaces().withName(other).get() == null);
      Release without = upgrade(both);

      assertThat(without.getStatus()).isEqualTo("deployed");
      assertThat(role(cluster.namespace())).isTrue();
      assertThat(arguments(deployment())).contains("--namespace=" + other);

      create(other);
      upgrade(both);
      assertThat(role(other)).isTrue();
    } finally {
      uninstall();
      client.namespaces().withName(other).delete();
    }
  }

  @Test
  void aWatchedNamespaceThatIsBeingDeletedHindersNoUpgrade() {
    String other = cluster.namespace() + "-b";
    Map<String, Object> both =
        Map.of("watch.namespaces[0]", cluster.namespace(), "watch.namespaces[1]", other);
    create(other);
    ConfigMap holdsItUp =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withName("holds-it-up")
            .withNamespace(other)
            .withFinalizers("llamamesh.io/test")
            .endMetadata()
            .build();
    client.resource(holdsItUp).create();
    try {
      install(both);
      client.namespaces().withName(other).delete();
      // Its Role is gone, and none can be made there.
      await().until(() -> !role(other));
      assertThat(client.namespaces().withName(other).get().isMarkedForDeletion()).isTrue();

      assertThat(upgrade(both).getStatus()).isEqualTo("deployed");

      assertThat(role(cluster.namespace())).isTrue();
    } finally {
      uninstall();
      client
          .resource(holdsItUp)
          .edit(map -> {
            map.getMetadata().setFinalizers(List.of());
            return map;
          });
      client.namespaces().withName(other).delete();
    }
  }

  @Test
  void whoMayDoNothingOutsideOfANamespaceUpgradesWithoutTheRoles() {
    Map<String, Object> values =
        Map.of(
            "rbac.create",
            false,
            "rbac.meshRoles",
            false,
            "watch.namespaces[0]",
            cluster.namespace(),
            "watch.namespaces[1]",
            cluster.namespace() + "-b");
    install(values);
    try {
      // Bound in the namespace, it holds there only.
      cluster.serviceAccount("tenant", "cluster-admin");
      kubeconfig = cluster.serviceAccountKubeconfig("tenant");

      assertThat(upgrade(values).getStatus()).isEqualTo("deployed");
    } finally {
      kubeconfig = cluster.controlPlane().kubeconfig();
      uninstall();
    }
  }

  private void uninstall() {
    com.marcnuri.helm.Helm.uninstall(Chart.RELEASE)
        .withNamespace(cluster.namespace())
        .withKubeConfigContents(kubeconfig)
        .call();
  }

  private void create(String namespace) {
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
        .create();
  }

  private boolean role(String namespace) {
    return client.rbac().roles().inNamespace(namespace).withName(InstalledOperator.NAME).get()
        != null;
  }

  private void install(Map<String, Object> values) {
    var command =
        Chart.helm()
            .install()
            .withName(Chart.RELEASE)
            .withNamespace(cluster.namespace())
            .withKubeConfigContents(kubeconfig);
    values.forEach(command::set);
    command.call();
  }

  private Release upgrade(Map<String, Object> values) {
    var command =
        Chart.helm()
            .upgrade()
            .withName(Chart.RELEASE)
            .withNamespace(cluster.namespace())
            .withKubeConfigContents(kubeconfig)
            .resetValues();
    values.forEach(command::set);
    return command.call();
  }

  /** A mesh whose objects the operator made; its uid. */
  private String mesh() {
    Kubectl.apply(
        client,
        """
        apiVersion: llamamesh.io/v1alpha1
        kind: LlamaMesh
        metadata: {name: default, namespace: %s}
        spec: {}
        """
            .formatted(cluster.namespace()));
    await().until(() -> !client.apps().daemonSets().list().getItems().isEmpty());
    await().until(() -> client.apps().deployments().list().getItems().size() == 2);
    return client.resources(LlamaMesh.class).withName("default").get().getMetadata().getUid();
  }

  private Deployment deployment() {
    return client.apps().deployments().withName(InstalledOperator.NAME).get();
  }

  private static List<String> arguments(Deployment deployment) {
    return deployment.getSpec().getTemplate().getSpec().getContainers().getFirst().getArgs();
  }

  /** The objects of a rendering that are not there. */
  private List<String> missing(String rendering) {
    return Chart.objects(rendering).stream()
        .filter(object -> !exists(object))
        .map(object -> object.path("kind").asText() + " " + Chart.name(object))
        .toList();
  }

  private boolean exists(JsonNode object) {
    GenericKubernetesResource resource =
        Chart.YAML.convertValue(object, GenericKubernetesResource.class);
    return client.resource(resource).get() != null;
  }

  /** Every object of the test's namespace and every one without a namespace. */
  private Set<String> inventory() throws IOException, InterruptedException {
    Set<String> all = new TreeSet<>();
    all.addAll(list("true", "events", "events.events.k8s.io"));
    // Each group of a CRD has an APIService of its own.
    all.addAll(
        list("false", "namespaces", "componentstatuses", "apiservices.apiregistration.k8s.io"));
    return all;
  }

  private Set<String> list(String namespaced, String... without)
      throws IOException, InterruptedException {
    String kinds =
        Kubectl.run(
                cluster, "api-resources", "--verbs=list", "-o=name", "--namespaced=" + namespaced)
            .lines()
            .filter(kind -> !List.of(without).contains(kind))
            .collect(Collectors.joining(","));
    return Kubectl.run(cluster, "get", kinds, "-o=name", "-n", cluster.namespace())
        .lines()
        .filter(line -> line.contains("/") && !line.startsWith("Warning:"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(200));
  }
}
