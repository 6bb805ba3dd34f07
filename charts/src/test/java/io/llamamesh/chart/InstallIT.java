package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.marcnuri.helm.Helm;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
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
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** What {@code kubectl apply} makes of the manifest and of the examples on a real API server. */
@KubernetesCluster
@ResourceLock(KubernetesCluster.WHOLE)
class InstallIT {
  private static final String CRD = "llamameshes.llamamesh.io";
  private static final String CRD_FILE =
      Chart.FOLDER.resolve("crds/llamameshes.llamamesh.io-v1.yaml").toString();

  private static final Duration TEST_WITHIN = Duration.ofSeconds(60);

  private TestCluster cluster;
  private KubernetesClient client;

  @BeforeEach
  void start(TestCluster given) throws Exception {
    cluster = given;
    client = given.client();
    remove();
  }

  /** All of it, the CRD too; waits until it is gone. */
  @AfterEach
  void remove() throws Exception {
    kubectl("delete", "--ignore-not-found", "-f", InstallManifest.FILE.toString());
  }

  @Test
  void theManifestAppliesInOneGoAndAgainWithoutAChange() throws Exception {
    String file = InstallManifest.FILE.toString();

    kubectl("apply", "--server-side", "-f", file);
    Map<String, JsonNode> first = installed();
    kubectl("apply", "--server-side", "-f", file);

    assertThat(first.keySet())
        .contains("Deployment llama-mesh-operator", "NetworkPolicy llama-mesh-operator")
        .noneMatch(name -> name.startsWith("LlamaMesh "));
    assertThat(installed()).isEqualTo(first);
  }

  /** Whoever made it: the operators, or those of an older release. */
  @Test
  void anUpgradeLeavesTheLeaseToItsHolderAndUninstallingRemovesIt() {
    String kubeconfig = cluster.controlPlane().kubeconfig();
    Resource<Lease> lease =
        client.leases().inNamespace(Chart.NAMESPACE).withName(InstalledOperator.NAME);
    install(kubeconfig);
    assertThat(lease.get()).isNull();
    client
        .resource(
            new LeaseBuilder()
                .withNewMetadata()
                .withName(InstalledOperator.NAME)
                .withNamespace(Chart.NAMESPACE)
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity("pod-a")
                .endSpec()
                .build())
        .create();

    upgrade(kubeconfig);
    assertThat(lease.get().getSpec().getHolderIdentity()).isEqualTo("pod-a");

    uninstall(kubeconfig);
    assertThat(lease.get()).isNull();
  }

  /** The operators made it, as they make their Lease. */
  @Test
  void uninstallingRemovesTheAuthorityOfTheServerOfKeys() {
    String kubeconfig = cluster.controlPlane().kubeconfig();
    install(kubeconfig, Map.of("keys.enabled", true));
    Resource<Secret> authority =
        client.secrets().inNamespace(Chart.NAMESPACE).withName(InstalledOperator.NAME + "-keys");
    assertThat(authority.get()).isNull();
    client
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName(InstalledOperator.NAME + "-keys")
                .withNamespace(Chart.NAMESPACE)
                .endMetadata()
                .build())
        .create();

    uninstall(kubeconfig);

    assertThat(authority.get()).isNull();
  }

  /** Helm deletes no hooks when it uninstalls; what a kubelet would say of the pod is said here. */
  @Test
  void aTestThatPassedLeavesNothingAndOneThatFailedItsPodUntilTheNext() {
    String kubeconfig = cluster.controlPlane().kubeconfig();
    install(kubeconfig);

    CompletableFuture<String> failing = test(kubeconfig);
    String first = end("Failed", "");
    assertThat(failing).failsWithin(TEST_WITHIN);
    assertThat(testPod().require().getMetadata().getUid())
        .as("there to read its log")
        .isEqualTo(first);

    CompletableFuture<String> passing = test(kubeconfig);
    end("Succeeded", first);
    assertThat(passing).succeedsWithin(TEST_WITHIN);
    assertThat(testPod().get()).isNull();

    uninstall(kubeconfig);
    assertThat(client.pods().inNamespace(Chart.NAMESPACE).list().getItems())
        .noneMatch(pod -> pod.getMetadata().getDeletionTimestamp() == null);
  }

  private CompletableFuture<String> test(String kubeconfig) {
    return CompletableFuture.supplyAsync(
        () ->
            Helm.test("llama-mesh")
                .withNamespace(Chart.NAMESPACE)
                .withTimeout((int) TEST_WITHIN.toSeconds())
                .withKubeConfigContents(kubeconfig)
                .call()
                .getName(),
        // It blocks, and our client needs the threads that are there for all.
        task -> Thread.ofPlatform().name("helm-test").start(task));
  }

  /** Ends the test's pod, another than the one before; returns its identity. */
  private String end(String phase, String before) {
    Pod pod =
        await()
            .until(
                () -> testPod().get(),
                found -> found != null && !found.getMetadata().getUid().equals(before));
    testPod()
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.STRATEGIC_MERGE),
            "{\"status\": {\"phase\": \"%s\"}}".formatted(phase));
    return pod.getMetadata().getUid();
  }

  private PodResource testPod() {
    return client.pods().inNamespace(Chart.NAMESPACE).withName("default-every-pair-reported");
  }

  /** The file must be what the server stores: else each apply of the same is a conflict. */
  @Test
  void helm4InstallsOverTheCrdOfThisReleaseWhoeverPutItThere() throws Exception {
    String kubeconfig = cluster.controlPlane().kubeconfig();
    install(kubeconfig);
    applyCrdAsHelm4();
    uninstall(kubeconfig);

    for (List<String> line :
        List.of(List.of("create"), List.of("apply"), List.of("apply", "--server-side"))) {
      kubectl("delete", "-f", CRD_FILE);
      kubectl(Stream.concat(line.stream(), Stream.of("-f", CRD_FILE)).toArray(String[]::new));
      applyCrdAsHelm4();
    }
  }

  /** Applies what is in {@code crds/} as Helm 4 does when it installs; conflicts are refused. */
  private void applyCrdAsHelm4() throws Exception {
    kubectl("apply", "--server-side", "--validate=strict", "--field-manager=helm", "-f", CRD_FILE);
  }

  private static void upgrade(String kubeconfig) {
    var upgraded =
        Chart.helm()
            .upgrade()
            .withName("llama-mesh")
            .withNamespace(Chart.NAMESPACE)
            .withKubeConfigContents(kubeconfig)
            .set("operator.replicas", 1)
            .call();
    assertThat(upgraded.getRevision()).isEqualTo("2");
  }

  private static void install(String kubeconfig) {
    install(kubeconfig, Map.of());
  }

  private static void install(String kubeconfig, Map<String, Object> values) {
    var command =
        Chart.helm()
            .install()
            .withName("llama-mesh")
            .withNamespace(Chart.NAMESPACE)
            .createNamespace()
            .withKubeConfigContents(kubeconfig);
    values.forEach(command::set);
    assertThat(command.call().getName()).isEqualTo("llama-mesh");
  }

  private static void uninstall(String kubeconfig) {
    assertThat(
            Helm.uninstall("llama-mesh")
                .withNamespace(Chart.NAMESPACE)
                .withKubeConfigContents(kubeconfig)
                .call())
        .contains("llama-mesh");
  }

  /** Unknown fields are refused, and what the schema and its rules say holds. */
  @Test
  void afterTheManifestEachExampleApplies() throws Exception {
    kubectl("apply", "--server-side", "-f", InstallManifest.FILE.toString());
    for (Path example : ExampleMeshesTest.examples()) {
      String file = example.toString();
      kubectl("apply", "--server-side", "--validate=strict", "-f", file);
      assertThat(client.resources(LlamaMesh.class).inNamespace(Chart.NAMESPACE).list().getItems())
          .as(file)
          .hasSize(1);
      kubectl("delete", "-f", file);
    }
    kubectl(
        "apply",
        "--dry-run=server",
        "--validate=strict",
        "-f",
        Chart.ROOT.resolve("examples/rbac.yaml").toString());
  }

  /** Helm installs a CRD once and never again; the notes say what to do before an upgrade. */
  @Test
  void theCrdOfAnOlderReleaseIsUpgradedByWhatHelmShows(TestCluster given) throws Exception {
    String crds = Chart.helm().show().crds().call();
    JsonNode older = Chart.the(crds, "CustomResourceDefinition", CRD);
    ObjectNode version = (ObjectNode) older.at("/spec/versions/0");
    version.remove("additionalPrinterColumns");
    ((ObjectNode) version.at("/schema/openAPIV3Schema/properties/spec/properties"))
        .remove("alerts");
    Kubectl.apply(client, older.toString());
    await().until(() -> isServed());
    String mesh =
        """
        apiVersion: llamamesh.io/v1alpha1
        kind: LlamaMesh
        metadata: {name: kept, namespace: %s}
        spec: {paused: true%s}
        """;
    Kubectl.apply(client, mesh.formatted(given.namespace(), ""));
    String uid = kept().getMetadata().getUid();

    Kubectl.apply(client, crds);
    applyCrdAsHelm4();

    await()
        .ignoreExceptions()
        .until(() ->
            !Kubectl.apply(client, mesh.formatted(given.namespace(), ", alerts: {lossPercent: 1}"))
                .isEmpty());
    assertThat(
            client
                .resources(CustomResourceDefinition.class)
                .withName(CRD)
                .get()
                .getSpec()
                .getVersions()
                .getFirst()
                .getAdditionalPrinterColumns())
        .isNotEmpty();
    assertThat(kept().getMetadata().getUid()).isEqualTo(uid);
    assertThat(kept().getSpec().paused()).isTrue();
  }

  /** An API server refuses a schema whose rules could cost too much, and says so of no other. */
  @Test
  void theCrdIsAcceptedWithItsRules() throws Exception {
    kubectl(
        "apply",
        "--server-side",
        "-f",
        Chart.ROOT.resolve("crds/llamameshes.llamamesh.io-v1.yaml").toString());

    await().until(() -> isServed());
    assertThat(
            client
                .resources(CustomResourceDefinition.class)
                .withName(CRD)
                .get()
                .getStatus()
                .getConditions())
        .filteredOn(c -> !c.getStatus().equals("True"))
        .as("NonStructuralSchema and others")
        .isEmpty();
  }

  private boolean isServed() {
    CustomResourceDefinition crd =
        client.resources(CustomResourceDefinition.class).withName(CRD).get();
    return crd != null
        && crd.getStatus() != null
        && crd.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Established") && c.getStatus().equals("True"));
  }

  private LlamaMesh kept() {
    return client.resources(LlamaMesh.class).withName("kept").get();
  }

  /** The manifest's objects as they are now, but for what others keep in them. */
  private Map<String, JsonNode> installed() throws IOException, InterruptedException {
    String json =
        kubectl("get", "--show-managed-fields", "-o=json", "-f", "" + InstallManifest.FILE);
    Map<String, JsonNode> objects = new TreeMap<>();
    for (JsonNode object : Chart.YAML.readTree(json).path("items")) {
      ((ObjectNode) object).remove("status");
      ObjectNode metadata = (ObjectNode) object.path("metadata");
      metadata.remove("resourceVersion");
      metadata
          .withArray("managedFields")
          .removeIf(fields -> !fields.path("manager").asText().equals("kubectl"));
      // A controller's, as the status is.
      metadata.withObject("/annotations").remove("deployment.kubernetes.io/revision");
      objects.put(object.path("kind").asText() + " " + Chart.name(object), object);
    }
    return objects;
  }

  private String kubectl(String... args) throws IOException, InterruptedException {
    return Kubectl.run(cluster, args);
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(200));
  }
}
