package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.llamamesh.crd.Names;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** The Secret that a mesh's parts know each other by. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
@Order(1)
final class AuthIT {
  private ClusterUnderTest cluster;

  @BeforeEach
  void start(TestCluster given) {
    cluster = new ClusterUnderTest(given);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void itIsMadeOnceAndStaysOverARestart() {
    cluster.mesh("m", "");
    Secret first = awaitSecret();

    cluster.stopOperator();
    cluster.startOperator();
    await().until(() -> cluster.operator().reconciliations() > 0);

    assertThat(awaitSecret().getData()).isEqualTo(first.getData());
    assertThat(entries(first, "keys.json")).hasSize(1);
    assertThat(entries(first, "tokens.json")).hasSize(1);
    assertThat(first.getMetadata().getOwnerReferences()).hasSize(1);
  }

  @Test
  void aRotationAddsAKeyAndATokenInOneWrite() {
    cluster.mesh("m", "");
    Secret first = awaitSecret();

    cluster.annotateMesh("m", Names.ROTATE_ANNOTATION, "2026-11");

    Secret second =
        await().until(this::secret, s -> s != null && !s.getData().equals(first.getData()));
    JsonNode keys = entries(second, "keys.json");
    assertThat(keys).hasSize(2);
    assertThat(keys.get(0).get("key")).isEqualTo(entries(first, "keys.json").get(0).get("key"));
    assertThat(keys.get(0).has("acceptUntil")).isTrue();
    assertThat(keys.get(1).has("acceptUntil")).isFalse();
    assertThat(entries(second, "tokens.json")).hasSize(2);
  }

  @Test
  void oneThatIsDeletedComesBackWithWhatItHadBesideANewKeyForLater() {
    cluster.mesh("m", "");
    Secret first = awaitSecret();
    cluster.awaitLook();

    cluster.client.resource(first).delete();

    Secret second = awaitSecret(s -> !isSame(s, first));
    for (String name : List.of("keys.json", "tokens.json")) {
      JsonNode old = entries(first, name).get(0);
      JsonNode ring = entries(second, name);
      assertThat(ring).hasSize(2);
      assertThat(ring.get(0).get("id")).isEqualTo(old.get("id"));
      assertThat(ring.get(0).get("key")).isEqualTo(old.get("key"));
      assertThat(time(ring.get(0), "acceptUntil"))
          .isAfter(time(ring.get(1), "signFrom").plus(Duration.ofMinutes(10)));
      assertThat(ring.get(1).get("id")).isNotEqualTo(old.get("id"));
      assertThat(time(ring.get(1), "signFrom")).isAfter(Instant.now().plus(Duration.ofMinutes(5)));
    }
    assertThat(second.getData().get("metrics-token"))
        .isEqualTo(first.getData().get("metrics-token"));
  }

  @Test
  void oneFromABackupTakesWhatCameAfterIt() {
    cluster.mesh("m", "");
    Secret backup = awaitSecret();
    cluster.annotateMesh("m", Names.ROTATE_ANNOTATION, "2026-11");
    Secret rotated = awaitSecret(s -> entries(s, "keys.json").size() == 2);

    cluster.client.resource(rotated).delete();
    cluster
        .client
        .resource(
            new SecretBuilder(backup)
                .editMetadata()
                .withResourceVersion(null)
                .withUid(null)
                .addToAnnotations(Names.ROTATE_ANNOTATION, "2026-11")
                .endMetadata()
                .build())
        .create();

    Secret whole = awaitSecret(s -> !isSame(s, rotated) && entries(s, "keys.json").size() == 2);
    assertThat(entries(whole, "keys.json").findValuesAsText("key"))
        .containsExactlyInAnyOrderElementsOf(entries(rotated, "keys.json").findValuesAsText("key"));
    assertThat(entries(whole, "tokens.json").findValuesAsText("key"))
        .containsExactlyInAnyOrderElementsOf(
            entries(rotated, "tokens.json").findValuesAsText("key"));
  }

  @Test
  void oneThatIsRestoredWithItsEntriesAloneIsTakenOver() {
    cluster.mesh("m", "");
    Secret first = awaitSecret();
    cluster.stopOperator();
    cluster.client.resource(first).delete();
    cluster
        .client
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName(first.getMetadata().getName())
                .withNamespace(cluster.namespace)
                .endMetadata()
                .withData(first.getData())
                .build())
        .create();

    cluster.startOperator();

    Secret taken = awaitSecret(s -> !s.getMetadata().getOwnerReferences().isEmpty());
    assertThat(taken.getData()).isEqualTo(first.getData());
    assertThat(taken.getMetadata().getLabels()).isEqualTo(first.getMetadata().getLabels());
  }

  @Test
  void aMeshThatIsAppliedAnewGoesOnWithTheKeysOfTheOneBefore() {
    cluster.mesh("m", "");
    Secret first = awaitSecret();
    cluster.awaitLook();

    cluster.client.resource(cluster.mesh("m")).delete();
    cluster.mesh("m", "");
    String anew = cluster.mesh("m").getMetadata().getUid();

    Secret second =
        awaitSecret(s ->
            s.getMetadata().getOwnerReferences().stream()
                .map(OwnerReference::getUid)
                .toList()
                .equals(List.of(anew)));
    assertThat(entries(second, "keys.json").findValuesAsText("key"))
        .containsAll(entries(first, "keys.json").findValuesAsText("key"));
    assertThat(entries(second, "tokens.json").findValuesAsText("key"))
        .containsAll(entries(first, "tokens.json").findValuesAsText("key"));
  }

  @Test
  void agentsAndScraperAreToldWhereItIsAndMembersProbeWithAKey() {
    cluster.nodes(1, 2);
    cluster.mesh("m", "reflector: {acceptUnkeyed: [10.1.0.0/16, 10.2.0.0/16]}");
    await().until(() -> cluster.configMaps("m").size() == 2);
    cluster.agentReady("m", cluster.n(1));
    cluster.agentReady("m", cluster.n(2));

    await()
        .untilAsserted(() ->
            assertThat(cluster.configMaps("m"))
                .allSatisfy(
                    c -> assertThat(c.getData().get("collector.yaml")).contains("keyed: true")));
    assertThat(arguments(agents()))
        .contains("--auth-dir=/etc/llama-mesh/auth", "--accept-unkeyed=10.1.0.0/16,10.2.0.0/16");
    assertThat(arguments(scraper())).contains("--auth-dir=/etc/llama-mesh/auth");
    assertThat(agents().getContainers().getFirst().getVolumeMounts())
        .extracting(VolumeMount::getMountPath)
        .contains("/etc/llama-mesh/auth");
  }

  @Test
  void aMeshWithoutAuthenticationHasNone() {
    cluster.nodes(1, 1);
    cluster.mesh(
        "m", "security: {authentication: false}\nreflector: {acceptUnkeyed: [10.1.0.0/16]}");

    await().until(() -> cluster.configMaps("m").size() == 1);

    await().untilAsserted(() -> assertThat(scraper()).isNotNull());
    assertThat(secret()).isNull();
    for (PodSpec pod : List.of(agents(), scraper())) {
      assertThat(arguments(pod))
          .noneMatch(a -> a.startsWith("--auth-dir") || a.startsWith("--accept-unkeyed"));
      assertThat(pod.getVolumes()).noneMatch(v -> v.getSecret() != null);
    }
    assertThat(cluster.configMaps("m"))
        .allSatisfy(c -> assertThat(c.getData().get("collector.yaml")).doesNotContain("keyed"));
  }

  private PodSpec agents() {
    return cluster
        .client
        .apps()
        .daemonSets()
        .inNamespace(cluster.namespace)
        .withName(Names.agent("m"))
        .get()
        .getSpec()
        .getTemplate()
        .getSpec();
  }

  private PodSpec scraper() {
    return cluster
        .client
        .apps()
        .deployments()
        .inNamespace(cluster.namespace)
        .withName(Names.scraper("m"))
        .get()
        .getSpec()
        .getTemplate()
        .getSpec();
  }

  private static List<String> arguments(PodSpec pod) {
    return pod.getContainers().getFirst().getArgs();
  }

  private Secret awaitSecret() {
    return await().until(this::secret, Objects::nonNull);
  }

  /** Secrets are looked at once a minute. */
  private Secret awaitSecret(Predicate<Secret> condition) {
    return await()
        .atMost(Duration.ofMinutes(5))
        .until(this::secret, s -> s != null && condition.test(s));
  }

  private static boolean isSame(Secret secret, Secret other) {
    return secret.getMetadata().getUid().equals(other.getMetadata().getUid());
  }

  private static Instant time(JsonNode entry, String field) {
    return Instant.parse(entry.get(field).asText());
  }

  private Secret secret() {
    return cluster
        .client
        .secrets()
        .inNamespace(cluster.namespace)
        .withName(Names.authSecret("m"))
        .get();
  }

  private static JsonNode entries(Secret secret, String name) {
    try {
      return new ObjectMapper().readTree(Base64.getDecoder().decode(secret.getData().get(name)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
