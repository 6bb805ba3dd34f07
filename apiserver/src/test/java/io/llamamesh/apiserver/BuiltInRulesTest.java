package io.llamamesh.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BuiltInRulesTest {
  private static final String DAEMON_SET =
      """
      apiVersion: apps/v1
      kind: DaemonSet
      metadata: {name: agents, namespace: default}
      spec:
        selector: {matchLabels: {app: agents}}
        template:
          metadata: {labels: {app: agents}}
          spec:
            hostNetwork: true
            containers:
            - name: agent
              image: example.org/agent:1
              ports:
              - {name: api, containerPort: 8100}
              volumeMounts:
              - {name: state, mountPath: /var/lib/agent}
              readinessProbe: {httpGet: {path: /readyz, port: api}}
            volumes:
            - {name: state, emptyDir: {}}
      """;

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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "labels: {app: agents} | labels: {app: other} | `selector` does not match template `labels`",
        "image: example.org/agent:1 | imagePullPolicy: Always | containers[0].image: Required value",
        "name: agent | name: Agent | containers[0].name: Invalid value: \"Agent\"",
        "containerPort: 8100 | containerPort: 81000 | must be between 1 and 65535",
        "name: api, | name: much-too-long-a-name, | ports[0].name: Invalid value",
        "8100} | 8100, hostPort: 8200} | must match `hostPort` when `hostNetwork` is true",
        "{name: state, mountPath | {name: stat, mountPath | volumeMounts[0].name: Not found: \"stat\"",
        "{httpGet: {path: /readyz, port: api}} | {periodSeconds: 5} | must specify a handler type",
        "hostNetwork: true | restartPolicy: Never | supported values: \"Always\"",
      })
  void aBrokenWorkloadIsRefusedByField(String correct, String broken, String message) {
    refuses(DAEMON_SET.replace(correct, broken), message);
  }

  @Test
  void aWorkloadsSelectorNeverChanges() {
    apply(DAEMON_SET);

    refuses(DAEMON_SET.replace("app: agents", "app: others"), "spec.selector: Invalid value");
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

  @Test
  void everyoneMayDoEverything() {
    var review =
        client
            .authorization()
            .v1()
            .selfSubjectAccessReview()
            .create(
                new SelfSubjectAccessReviewBuilder()
                    .withNewSpec()
                    .withNewResourceAttributes()
                    .withVerb("delete")
                    .withResource("nodes")
                    .endResourceAttributes()
                    .endSpec()
                    .build());

    assertThat(review.getStatus().getAllowed()).isTrue();
  }
}
