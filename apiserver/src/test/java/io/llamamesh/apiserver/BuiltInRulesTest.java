package io.llamamesh.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BuiltInRulesTest {
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

  private GenericKubernetesResource apply(String yaml) {
    return client
        .resource(Serialization.unmarshal(yaml, GenericKubernetesResource.class))
        .fieldManager("test")
        .forceConflicts()
        .serverSideApply();
  }

  private void refuses(String yaml, String message) {
    assertThatThrownBy(() -> apply(yaml))
        .isInstanceOfSatisfying(
            KubernetesClientException.class,
            e -> {
              assertThat(e.getCode()).isEqualTo(422);
              assertThat(e.getStatus().getMessage()).contains(message);
            });
  }

  @Test
  void aBindingsRoleNeverChanges() {
    String binding =
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: agents, namespace: default}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: agent}
        subjects: [{kind: ServiceAccount, name: agents, namespace: default}]
        """;
    apply(binding);

    refuses(binding.replace("name: agent}", "name: admin}"), "cannot change roleRef");
    refuses(
        binding.replace(", namespace: default}]", "}]"), "subjects[0].namespace: Required value");
  }

  @Test
  void aServiceGetsAnAddress() {
    apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: scraper, namespace: default}
        spec: {selector: {app: scraper}, ports: [{name: http, port: 8080}]}
        """);

    Service service = client.services().withName("scraper").get();
    assertThat(service.getSpec().getClusterIP()).startsWith("10.96.");
    assertThat(service.getSpec().getPorts().getFirst().getProtocol()).isEqualTo("TCP");
  }
}
