package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static io.llamamesh.operator.main.MeshIT.condition;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Objects that have the name of a mesh's and are somebody else's. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
final class TakenObjectIT {
  private static final String POD =
      "{metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: theirs}]}}";
  private static final String SELECTOR = "selector: {matchLabels: {a: b}}";

  private ClusterUnderTest cluster;

  @BeforeEach
  void start(TestCluster given) {
    cluster = new ClusterUnderTest(given);
    cluster.nodes(1, 2);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  static List<String> strangers() {
    return List.of(
        "{apiVersion: v1, kind: ServiceAccount, metadata: {name: m-agent}}",
        "{apiVersion: v1, kind: ServiceAccount, metadata: {name: m-scraper}}",
        "{apiVersion: v1, kind: Secret, metadata: {name: m-auth}, stringData: {keys.json: '[]'}}",
        "{apiVersion: v1, kind: Service, metadata: {name: m-scraper}, spec: {ports: [{port: 1}]}}",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: m-accepted}, data: {spec.json: '{}'}}",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: m.%s}, data: {a: b}}",
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: m-agent},"
            + " roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}}",
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: m-scraper},"
            + " spec: {podSelector: {}}}",
        "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: m-scraper},"
            + (" spec: {minAvailable: 1, " + SELECTOR + "}}"),
        "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: m-agent}, spec: {"
            + (SELECTOR + ", template: " + POD + "}}"),
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: m-scraper}, spec: {replicas: 0, "
            + (SELECTOR + ", template: " + POD + "}}"));
  }

  @ParameterizedTest
  @MethodSource("strangers")
  void aStrangersObjectStaysAsItIsAndIsNamedUntilItIsGone(String yaml) {
    GenericKubernetesResource theirs = create(yaml.formatted(cluster.n(1)));
    String spec = spec(theirs);

    LlamaMesh mesh = cluster.mesh("m", "scraper: {replicas: 2}");

    cluster.awaitMesh("m", m -> "ObjectTaken".equals(condition(m, "ConfigsReady").getReason()));
    assertThat(condition(cluster.mesh("m"), "ConfigsReady").getMessage())
        .contains(theirs.getKind() + " " + theirs.getMetadata().getName())
        .contains("is not this mesh's", "delete or rename");
    cluster.awaitLook();
    cluster.awaitLook();
    GenericKubernetesResource now = Objects.requireNonNull(get(theirs));
    assertThat(spec(now)).isEqualTo(spec);
    assertThat(now.getMetadata().getOwnerReferences()).isEmpty();
    assertThat(now.getMetadata().getLabels()).isNullOrEmpty();
    assertThat(managers(now)).doesNotContain("llama-mesh-operator");

    cluster.client.resource(theirs).delete();

    await().until(() -> isOwned(get(theirs), mesh));
    cluster.awaitMesh("m", m -> !"ObjectTaken".equals(condition(m, "ConfigsReady").getReason()));
    await().until(() -> cluster.workloads() == 4);
  }

  @Test
  void aStrangersObjectOutlivesTheMesh() {
    GenericKubernetesResource theirs = create(strangers().getFirst());
    String version = Objects.requireNonNull(get(theirs)).getMetadata().getResourceVersion();
    LlamaMesh mesh = cluster.mesh("m", "");
    cluster.awaitMesh("m", m -> "ObjectTaken".equals(condition(m, "ConfigsReady").getReason()));
    // No pod of ours runs with their account.
    assertThat(cluster.workloads()).isZero();

    cluster.client.resource(mesh).delete();

    await().until(() -> cluster.configMaps("m").isEmpty());
    assertThat(Objects.requireNonNull(get(theirs)).getMetadata().getResourceVersion())
        .isEqualTo(version);
  }

  /** A mesh whose spec is refused goes on with what its own says. */
  @Test
  void aStrangersAcceptedSpecIsNeverInForce() {
    create(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: m-accepted},"
            + " data: {spec.json: '{}'}}");
    cluster.mesh("m", "probes: [{from: default, to: nowhere}]");

    cluster.awaitMesh("m", m -> "InvalidSpec".equals(condition(m, "Accepted").getReason()));

    assertThat(cluster.workloads()).isZero();
    assertThat(cluster.configMaps("m")).isEmpty();
  }

  @Test
  void anObjectWithTheMeshesLabelsIsTakenOver() {
    create(
        "{apiVersion: v1, kind: ServiceAccount, metadata: {name: m-agent, labels: {"
            + "app.kubernetes.io/name: llama-mesh, llamamesh.io/mesh: m,"
            + " app.kubernetes.io/managed-by: llama-mesh-operator}}}");

    LlamaMesh mesh = cluster.mesh("m", "");

    await()
        .until(() ->
            isOwned(
                cluster
                    .client
                    .serviceAccounts()
                    .inNamespace(cluster.namespace)
                    .withName("m-agent")
                    .get(),
                mesh));
    await().until(() -> cluster.workloads() == 4);
  }

  @Test
  void oursWithoutItsLabelsIsPutRightSinceTheMeshOwnsIt() {
    cluster.mesh("m", "");
    await().until(() -> cluster.workloads() == 4);

    TestCluster.retryOnConflict(() ->
        cluster
            .client
            .serviceAccounts()
            .inNamespace(cluster.namespace)
            .withName("m-agent")
            .edit(account -> {
              account.getMetadata().setLabels(Map.of());
              return account;
            }));

    await()
        .until(() ->
            Names.labels("m", Names.Component.AGENT)
                .equals(
                    cluster
                        .client
                        .serviceAccounts()
                        .inNamespace(cluster.namespace)
                        .withName("m-agent")
                        .get()
                        .getMetadata()
                        .getLabels()));
  }

  /**
   * A mesh that is deleted and made anew at once meets what the first one left. The garbage
   * collector leaves it here: it does not know the owner's version.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: m.%s}}",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: m-accepted}}",
        "{apiVersion: v1, kind: ServiceAccount, metadata: {name: m-agent}}",
        "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: m-agent}}"
      })
  void whatLingersOfANamesakeThatIsGoneIsTheMeshs(String which) {
    LlamaMesh mesh = cluster.mesh("m", "");
    await().until(() -> cluster.workloads() == 4 && cluster.configMaps("m").size() == 2);
    GenericKubernetesResource object =
        Serialization.unmarshal(
            "---\n" + which.formatted(cluster.n(1)), GenericKubernetesResource.class);

    cluster
        .client
        .resource(Objects.requireNonNull(get(object)))
        .patch(
            PatchContext.of(PatchType.JSON),
            """
            [{"op": "replace", "path": "/metadata/ownerReferences", "value":
              [{"apiVersion": "llamamesh.io/v0", "kind": "LlamaMesh", "name": "m", "uid": "gone",
                "controller": true, "blockOwnerDeletion": true}]}]
            """);

    await().until(() -> isOwned(get(object), mesh));
    assertThat(Objects.requireNonNull(get(object)).getMetadata().getOwnerReferences()).hasSize(1);
    cluster.awaitMesh("m", m -> !"WriteFailed".equals(condition(m, "ConfigsReady").getReason()));
  }

  /** What was created must not keep what a later spec leaves out. */
  @Test
  void whatTheSpecNoLongerSaysGoesFromWhatWasCreated() {
    cluster.mesh("m", "agent: {tolerations: [{key: gone, operator: Exists}]}");
    await().until(() -> tolerated().anyMatch("gone"::equals));

    cluster.mesh("m", "agent: {tolerations: [{key: stays, operator: Exists}]}");

    await().until(() -> tolerated().anyMatch("stays"::equals));
    assertThat(tolerated()).doesNotContain("gone");
  }

  private Stream<String> tolerated() {
    var set = cluster.client.apps().daemonSets().inNamespace(cluster.namespace).withName("m-agent");
    return set.get() == null
        ? Stream.of()
        : set.get().getSpec().getTemplate().getSpec().getTolerations().stream()
            .map(t -> String.valueOf(t.getKey()));
  }

  private GenericKubernetesResource create(String yaml) {
    GenericKubernetesResource object =
        Serialization.unmarshal("---\n" + yaml, GenericKubernetesResource.class);
    object.getMetadata().setNamespace(cluster.namespace);
    return cluster.client.resource(object).create();
  }

  private @Nullable GenericKubernetesResource get(GenericKubernetesResource object) {
    return cluster
        .client
        .genericKubernetesResources(object.getApiVersion(), object.getKind())
        .inNamespace(cluster.namespace)
        .withName(object.getMetadata().getName())
        .get();
  }

  /** All but what its controllers write. */
  private static String spec(GenericKubernetesResource object) {
    Map<String, Object> own = new java.util.TreeMap<>(object.getAdditionalProperties());
    own.remove("status");
    return Serialization.asJson(own);
  }

  private static List<String> managers(HasMetadata object) {
    return object.getMetadata().getManagedFields().stream().map(e -> e.getManager()).toList();
  }

  private static boolean isOwned(@Nullable HasMetadata object, LlamaMesh mesh) {
    return object != null
        && object.getMetadata().getOwnerReferences().stream()
            .anyMatch(owner -> owner.getUid().equals(mesh.getMetadata().getUid()));
  }
}
