package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static io.llamamesh.operator.main.MeshIT.condition;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.testkit.Edits;
import io.llamamesh.testkit.LooseSchema;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One object that cannot be decoded, stored before the CRD refused it, harms nobody but itself. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
@ResourceLock(KubernetesCluster.WHOLE)
final class UnreadableObjectIT {
  private static final String NAME = "llamameshes.llamamesh.io";
  private static final Duration FOLLOWED_WITHIN = Duration.ofSeconds(15);

  private static final String OTHER_PORTS =
      """
      reflector: {port: 9100}
      collector: {apiPort: 9100}
      ports: [{name: other, basePort: 30000}]
      """;

  private ClusterUnderTest cluster;

  @BeforeEach
  void start(TestCluster given) {
    cluster = new ClusterUnderTest(given);
    cluster.nodes(1, 2);
    cluster.mesh("good", "");
    await().until(() -> cluster.configMaps("good").size() == 2);
  }

  @AfterEach
  void stop() throws IOException {
    cluster.client.resource(crd()).forceConflicts().serverSideApply();
    cluster.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "spec.agent.resources.limits.memory | {resources: {limits: {memory: ''}}}",
        "spec.agent.resources.requests.cpu | {resources: {requests: {cpu: abc}}}",
        "spec.agent.tolerations[0].tolerationSeconds | {tolerations: [{tolerationSeconds: soon}]}",
        "spec.agent.nodeSelector | {nodeSelector: [1]}",
      })
  void aMeshThatCannotBeReadIsNamedAndTheOthersGoOn(String field, String agent) throws IOException {
    storeUnderAnOlderCrd("bad", agent);

    // While it works, and when it starts.
    followsANodeThatJoins(3);
    cluster.stopOperator();
    cluster.startOperator();
    followsANodeThatJoins(4);

    await()
        .untilAsserted(() -> {
          assertThat(reason("bad")).isEqualTo("InvalidSpec");
          assertThat(message("bad")).contains(field);
          assertThat(event("bad")).contains(field);
        });
    assertThat(cluster.configMaps("bad")).isEmpty();
  }

  @Test
  void aMeshThatWorkedGoesOnWithItsLastAcceptedSpecAndTakesUpTheCorrectedOne() throws IOException {
    cluster.mesh("m", OTHER_PORTS + "agent: {resources: {limits: {memory: 300Mi}}}");
    await().until(() -> cluster.configMaps("m").size() == 2);

    storeUnderAnOlderCrd("m", "{resources: {limits: {memory: ''}}}");

    await().until(() -> "InvalidSpec".equals(reason("m")));
    assertThat(message("m"))
        .contains("spec.agent.resources.limits.memory", "The last accepted spec stays in force");
    followsANodeThatJoins(3);
    await().until(() -> cluster.configMaps("m").size() == 3);

    cluster.mesh("m", OTHER_PORTS + "agent: {resources: {limits: {memory: 400Mi}}}");

    await().until(() -> "Accepted".equals(reason("m")));
  }

  /** It can be read, as the others cannot. Servers before 1.33 would refuse its status for ever. */
  @Test
  void aMeshThatOnlyAnOlderCrdTookIsNamedAndItsStatusGoesOn() throws IOException {
    String groups = "groups: [{name: default, tags: {time: noon}}]";
    cluster.mesh("m", OTHER_PORTS);
    await().until(() -> cluster.configMaps("m").size() == 2);
    Edits.edit(
        cluster.client.resources(CustomResourceDefinition.class).withName(NAME),
        stored -> {
          JSONSchemaProps schema =
              stored.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();
          schema
              .getProperties()
              .get("spec")
              .getProperties()
              .get("groups")
              .getItems()
              .getSchema()
              .setXKubernetesValidations(List.of());
          return stored;
        });
    store("m", groups);
    cluster.client.resource(crd()).forceConflicts().serverSideApply();
    await().until(() -> isRefused(generic("other", groups)));
    await().until(() -> "InvalidSpec".equals(reason("m")));
    assertThat(message("m")).contains("tags.time", "The last accepted spec stays in force");

    cluster.agentReady("m", cluster.n(1));

    await().until(() -> Objects.equals(read("m").getStatus().nodes(), 1));
  }

  private boolean isRefused(GenericKubernetesResource mesh) {
    try {
      var _ = cluster.client.resource(mesh).dryRun().create();
      return false;
    } catch (KubernetesClientException e) {
      return e.getCode() == 422;
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "agent: {resources: {limits: {memory: ''}}}",
        "agent: {resources: {requests: {cpu: abc}}}",
        "scraper: {resources: {limits: {memory: 1ki}}}",
        "scraper: {resources: {requests: {cpu: 1e999999999}}}",
        "agent: {maxUnavailable: abc}",
        "agent: {maxUnavailable: 9999999999}",
        "agent: {tolerations: [{tolerationSeconds: 1e30}]}",
        "scraper: {affinity: {nodeAffinity: 5}}",
        "scraper: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: x}}}",
      })
  void whatCannotBeReadIsRefusedWhenItIsApplied(String spec) {
    assertThatThrownBy(() -> cluster.client.resource(generic("bad", spec)).create())
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(422));
  }

  private void followsANodeThatJoins(int i) {
    cluster.nodes(i, i);
    await().atMost(FOLLOWED_WITHIN).until(() -> cluster.configMaps("good").size() == i);
    assertThat(cluster.operator().isBroken()).isFalse();
  }

  /** Stores a mesh that the present CRD would refuse. */
  private void storeUnderAnOlderCrd(String name, String agent) throws IOException {
    LooseSchema.allowAnything(cluster.client, NAME, "agent");
    store(name, "agent: " + agent);
    cluster.client.resource(crd()).forceConflicts().serverSideApply();
  }

  /** The server takes up a CRD a moment after it has stored it. */
  private void store(String name, String spec) {
    await()
        .ignoreException(KubernetesClientException.class)
        .until(() -> {
          cluster
              .client
              .resource(generic(name, spec))
              .fieldManager("older")
              .forceConflicts()
              .serverSideApply();
          return true;
        });
  }

  @Test
  void aCrdThatLacksFieldsOfTheStatusIsNamedAndTheRestIsWritten() throws IOException {
    CustomResourceDefinition older = crd();
    older
        .getSpec()
        .getVersions()
        .getFirst()
        .getSchema()
        .getOpenAPIV3Schema()
        .getProperties()
        .get("status")
        .getProperties()
        .keySet()
        .removeAll(List.of("observedAt", "ipFamilies"));
    cluster.client.resource(older).forceConflicts().serverSideApply();
    cluster.mesh("younger", OTHER_PORTS);

    await()
        .untilAsserted(() -> {
          assertThat(condition(read("younger"), "Accepted").getStatus()).isEqualTo("True");
          assertThat(read("younger").getStatus().observedAt()).isNull();
          assertThat(cluster.client.v1().events().inNamespace(cluster.namespace).list().getItems())
              .filteredOn(event -> "CrdOutdated".equals(event.getReason()))
              .extracting(Event::getMessage)
              .anySatisfy(note -> assertThat(note).contains("ipFamilies", "kubectl apply"));
        });
  }

  private GenericKubernetesResource generic(String name, String spec) {
    return Serialization.unmarshal(
        """
        apiVersion: llamamesh.io/v1alpha1
        kind: LlamaMesh
        metadata: {name: %s, namespace: %s}
        spec: {%s}
        """
            .formatted(name, cluster.namespace, spec),
        GenericKubernetesResource.class);
  }

  private static CustomResourceDefinition crd() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(LlamaMesh.class.getResourceAsStream(NAME + "-v1.yaml"))) {
      return Serialization.unmarshal(in, CustomResourceDefinition.class);
    }
  }

  private String reason(String mesh) {
    return String.valueOf(condition(read(mesh), "Accepted").getReason());
  }

  private String message(String mesh) {
    return String.valueOf(condition(read(mesh), "Accepted").getMessage());
  }

  /** With its status alone, which everybody can decode. */
  private LlamaMesh read(String mesh) {
    GenericKubernetesResource found =
        cluster
            .client
            .genericKubernetesResources("llamamesh.io/v1alpha1", "LlamaMesh")
            .inNamespace(cluster.namespace)
            .withName(mesh)
            .get();
    found.setAdditionalProperty("spec", null);
    return Serialization.unmarshal(Serialization.asJson(found), LlamaMesh.class);
  }

  private String event(String mesh) {
    return cluster
        .client
        .v1()
        .events()
        .inNamespace(cluster.namespace)
        .withField("involvedObject.name", mesh)
        .list()
        .getItems()
        .stream()
        .filter(event -> "Warning".equals(event.getType()))
        .map(Event::getMessage)
        .findFirst()
        .orElse("");
  }
}
