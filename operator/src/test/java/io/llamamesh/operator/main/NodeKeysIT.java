package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static io.llamamesh.operator.main.MeshIT.condition;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.llamamesh.auth.KeyRing;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.keys.KeyClient;
import io.llamamesh.keys.KeyService;
import io.llamamesh.keys.NodeKeys;
import io.llamamesh.keys.ReaderKeys;
import io.llamamesh.operator.resources.MastersSecret;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Keys of nodes on a real API server: tokens are those that a kubelet would ask for, bound to pods
 * that real controllers have made.
 */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
final class NodeKeysIT {
  private static final String NODE_KEYS = "security: {keys: Node}";

  @TempDir private Path folder;
  private ClusterUnderTest cluster;

  @BeforeEach
  void start(TestCluster given) throws IOException {
    cluster = new ClusterUnderTest(given);
    cluster.stopOperator();
    cluster.serveKeys();
    cluster.startOperator();
    cluster.nodes(1, 2);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void anAgentGetsTheKeysOfItsNodeAndOfNoOther() throws Exception {
    readyMesh();
    NodeKeys first = NodeKeys.parse(fetchByAgent(1));
    NodeKeys second = NodeKeys.parse(fetchByAgent(2));

    assertThat(first.node()).isEqualTo(cluster.n(1));
    assertThat(second.node()).isEqualTo(cluster.n(2));
    assertThat(first.keys().getFirst().key()).isNotEqualTo(second.keys().getFirst().key());
    assertThat(first.pairs()).containsOnlyKeys(cluster.n(2));
    assertThat(first.senders()).containsOnlyKeys(cluster.n(2));
    assertThat(first.senders().get(cluster.n(2)).addresses()).isNotEmpty();
    // The same for ever, until somebody asks for others.
    assertThat(NodeKeys.parse(fetchByAgent(1))).isEqualTo(first);
  }

  @Test
  void tokensThatAreNoLiveAgentsGetNothing() throws Exception {
    readyMesh();
    KeyService service = service();
    Pod pod = agent(1);
    String good = token(Names.agent("m"), pod, KeyService.audience(service.mesh()));
    assertThat(fetch(good)).isNotEmpty();

    refused("401", token(Names.agent("m"), pod, "https://kubernetes.default.svc"));
    refused("401", token(Names.agent("m"), pod, KeyService.audience("another-mesh")));
    refused("401", token(Names.agent("m"), pod, null));
    refused("403: the token is bound to no pod", unboundToken(Names.agent("m"), service));
    refused("401", good.substring(0, good.length() - 4) + "AAAA");
    cluster
        .client
        .resource(
            new ServiceAccountBuilder().withNewMetadata().withName("else").endMetadata().build())
        .create();
    refused("403: the token is bound to no pod", unboundToken("else", service));

    cluster.deletePod(pod.getMetadata().getName());

    await()
        .untilAsserted(
            () -> assertThatThrownBy(() -> fetch(good)).hasMessageMatching(".*40[13].*"));
  }

  /** Whoever may make pods has the mesh anyhow; but labels alone are nothing. */
  @Test
  void aPodOfTheSameAccountAndLabelsThatNoControllerMadeGetsNothing() throws Exception {
    readyMesh();
    KeyService service = service();
    cluster.scraperReady("m", 1);
    Pod forged =
        cluster.client.pods().inNamespace(cluster.namespace).list().getItems().stream()
            .filter(pod -> pod.getMetadata().getOwnerReferences().isEmpty())
            .findFirst()
            .orElseThrow();

    String token = token(Names.scraper("m"), forged, KeyService.audience(service.mesh()));

    await().untilAsserted(() -> refused("neither agent nor scraper", token));
  }

  @Test
  void aScraperGetsWhatReadsAllAndPostsForNone() throws Exception {
    readyMesh();
    Pod scraper =
        await()
            .until(
                () -> pods(Component.SCRAPER).stream().findFirst().orElse(null), Objects::nonNull);
    String token = token(Names.scraper("m"), scraper, KeyService.audience(service().mesh()));
    NodeKeys own = NodeKeys.parse(fetchByAgent(1));

    ReaderKeys keys = ReaderKeys.parse(fetch(token));

    assertThat(keys.nodes())
        .extracting(ReaderKeys.NodeTokens::name)
        .containsExactly(cluster.n(1), cluster.n(2));
    assertThat(keys.nodes()).noneMatch(ReaderKeys.NodeTokens::usesMeshToken);
    String post = Objects.requireNonNull(own.postToken(Instant.now()));
    assertThat(new String(keys.toJson(), StandardCharsets.UTF_8))
        .doesNotContain(post, own.keys().getFirst().key());
  }

  @Test
  void anotherNumberOfANodeIsAnotherKeyOfItAlone() throws Exception {
    readyMesh();
    NodeKeys first = NodeKeys.parse(fetchByAgent(1));
    NodeKeys second = NodeKeys.parse(fetchByAgent(2));
    String revision = service().revision();

    cluster.mesh("m", "security: {keys: Node, keyGenerations: {" + cluster.n(1) + ": 1}}");

    await().until(() -> !service().revision().equals(revision));
    assertThat(NodeKeys.parse(fetchByAgent(1)).keys()).isNotEqualTo(first.keys());
    assertThat(NodeKeys.parse(fetchByAgent(2)).keys()).isEqualTo(second.keys());
  }

  @Test
  void aRotationAddsAKeyForLaterBesideTheOneThatIsUsed() throws Exception {
    readyMesh();
    NodeKeys before = NodeKeys.parse(fetchByAgent(1));

    cluster.annotateMesh("m", Names.ROTATE_ANNOTATION, "1");

    NodeKeys after =
        await().until(() -> NodeKeys.parse(fetchByAgent(1)), keys -> keys.keys().size() == 2);
    assertThat(after.keys().getFirst().key()).isEqualTo(before.keys().getFirst().key());
    assertThat(after.keys().getFirst().acceptUntil()).isNotNull();
    assertThat(after.keys().getLast().acceptUntil()).isNull();
    assertThat(after.revision()).isNotEqualTo(before.revision());
  }

  @Test
  void aRestartOfTheOperatorChangesNothing() throws Exception {
    readyMesh();
    NodeKeys before = NodeKeys.parse(fetchByAgent(1));
    KeyService service = service();

    cluster.stopOperator();
    assertThatThrownBy(() -> fetchByAgent(1)).isInstanceOf(IOException.class);
    cluster.startOperator();

    NodeKeys after =
        await().ignoreExceptions().until(() -> NodeKeys.parse(fetchByAgent(1)), Objects::nonNull);
    assertThat(after).isEqualTo(before);
    assertThat(service()).isEqualTo(service);
  }

  @Test
  void theMastersAreMountedByNobody() throws Exception {
    readyMesh();
    Secret masters =
        cluster
            .client
            .secrets()
            .inNamespace(cluster.namespace)
            .withName(Names.mastersSecret("m"))
            .get();

    assertThat(masters.getData()).containsOnlyKeys("masters.json");
    for (Pod pod : cluster.client.pods().inNamespace(cluster.namespace).list().getItems()) {
      for (Volume volume : pod.getSpec().getVolumes()) {
        assertThat(volume.toString()).doesNotContain(Names.mastersSecret("m"));
      }
    }
    assertThat(
            KeyRing.parse(Base64.getDecoder().decode(masters.getData().get("masters.json")))
                .entries())
        .hasSize(1);
  }

  @Test
  void aStrangersMastersAreNamedAndNoKeysFollowFromThem() {
    KeyRing ring = KeyRing.first(1, Instant.now(), MastersSecret.random(new SecureRandom()));
    Secret theirs =
        cluster
            .client
            .resource(
                new SecretBuilder()
                    .withNewMetadata()
                    .withName(Names.mastersSecret("m"))
                    .withNamespace(cluster.namespace)
                    .endMetadata()
                    .addToData("masters.json", Base64.getEncoder().encodeToString(ring.toJson()))
                    .build())
            .create();

    cluster.mesh("m", NODE_KEYS);

    LlamaMesh mesh =
        cluster.awaitMesh("m", m -> "ObjectTaken".equals(condition(m, "ConfigsReady").getReason()));
    assertThat(condition(mesh, "ConfigsReady").getMessage())
        .contains("Secret " + Names.mastersSecret("m"));
    assertThat(keysConfigMap()).isNull();
    assertThat(cluster.client.resource(theirs).get().getMetadata().getResourceVersion())
        .isEqualTo(theirs.getMetadata().getResourceVersion());
  }

  @Test
  void aMeshThatTurnsBackHasNoneAndItsPodsAreAsBefore() throws Exception {
    readyMesh();
    String token = token(Names.agent("m"), agent(1), KeyService.audience(service().mesh()));
    KeyService service = service();

    cluster.mesh("m", "");

    await().until(() -> keysConfigMap() == null);
    await()
        .untilAsserted(
            () -> assertThatThrownBy(() -> fetch(service, token)).hasMessageContaining("503"));
    assertThat(
            cluster
                .client
                .apps()
                .daemonSets()
                .inNamespace(cluster.namespace)
                .withName(Names.agent("m"))
                .get()
                .getSpec()
                .getTemplate()
                .getSpec()
                .getVolumes())
        .extracting(Volume::getName)
        .containsExactly("state", "auth");
  }

  private void readyMesh() {
    cluster.mesh("m", NODE_KEYS);
    cluster.agentReady("m", cluster.n(1));
    cluster.agentReady("m", cluster.n(2));
    await().until(() -> cluster.peers("m", cluster.n(1)).size() == 1);
  }

  private void refused(String why, String token) {
    assertThatThrownBy(() -> fetch(token))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(why);
  }

  private byte[] fetchByAgent(int node) throws IOException {
    return fetch(token(Names.agent("m"), agent(node), KeyService.audience(service().mesh())));
  }

  private byte[] fetch(String token) throws IOException {
    return fetch(service(), token);
  }

  private byte[] fetch(KeyService service, String token) throws IOException {
    Files.writeString(folder.resolve(KeyService.TOKEN_FILE), token);
    return KeyClient.fetch(service, folder);
  }

  private KeyService service() throws IOException {
    ConfigMap map = await().until(this::keysConfigMap, Objects::nonNull);
    Files.writeString(folder.resolve(KeyService.FILE), map.getData().get(Names.KEY_SERVICE_KEY));
    return KeyService.read(folder);
  }

  private @Nullable ConfigMap keysConfigMap() {
    return cluster
        .client
        .configMaps()
        .inNamespace(cluster.namespace)
        .withName(Names.keysConfigMap("m"))
        .get();
  }

  private Pod agent(int node) {
    return await()
        .until(
            () ->
                pods(Component.AGENT).stream()
                    .filter(pod -> cluster.n(node).equals(pod.getSpec().getNodeName()))
                    .findFirst()
                    .orElse(null),
            Objects::nonNull);
  }

  private List<Pod> pods(Component component) {
    return cluster
        .client
        .pods()
        .inNamespace(cluster.namespace)
        .withLabels(Names.selector("m", component))
        .list()
        .getItems();
  }

  private String token(String account, Pod pod, @Nullable String audience) {
    return cluster
        .client
        .serviceAccounts()
        .inNamespace(cluster.namespace)
        .withName(account)
        .tokenRequest(
            new TokenRequestBuilder()
                .withNewSpec()
                .withAudiences(audience == null ? List.of() : List.of(audience))
                .withExpirationSeconds(3600L)
                .withNewBoundObjectRef(
                    "v1", "Pod", pod.getMetadata().getName(), pod.getMetadata().getUid())
                .endSpec()
                .build())
        .getStatus()
        .getToken();
  }

  private String unboundToken(String account, KeyService service) {
    return cluster
        .client
        .serviceAccounts()
        .inNamespace(cluster.namespace)
        .withName(account)
        .tokenRequest(
            new TokenRequestBuilder()
                .withNewSpec()
                .withAudiences(KeyService.audience(service.mesh()))
                .withExpirationSeconds(3600L)
                .endSpec()
                .build())
        .getStatus()
        .getToken();
  }
}
