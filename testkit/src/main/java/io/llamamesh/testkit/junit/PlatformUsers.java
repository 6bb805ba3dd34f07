package io.llamamesh.testkit.junit;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;

/**
 * A platform that gives pods their user and groups itself, as OpenShift does: in one namespace it
 * refuses pods that name others, until it is closed. It leaves pods without any as they are.
 */
public final class PlatformUsers implements AutoCloseable {
  private static final String POLICY =
      """
      apiVersion: admissionregistration.k8s.io/v1
      kind: ValidatingAdmissionPolicy
      metadata: {name: NAME}
      spec:
        failurePolicy: Fail
        matchConstraints:
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NAMESPACE}}
          resourceRules:
          - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
        variables:
        - name: users
          expression: >-
            [object.spec.?securityContext.?runAsUser.orValue(1000650000)]
            + object.spec.containers.map(c, c.?securityContext.?runAsUser.orValue(1000650000))
        - name: groups
          expression: >-
            [object.spec.?securityContext.?runAsGroup.orValue(1000650000),
             object.spec.?securityContext.?fsGroup.orValue(1000650000)]
            + object.spec.containers.map(c, c.?securityContext.?runAsGroup.orValue(1000650000))
        validations:
        - expression: variables.users.all(id, id >= 1000650000 && id <= 1000659999)
          message: runAsUser must be in the range 1000650000-1000659999
        - expression: variables.groups.all(id, id >= 1000650000 && id <= 1000659999)
          message: runAsGroup and fsGroup must be in the range 1000650000-1000659999
      """;

  private static final String BINDING =
      """
      apiVersion: admissionregistration.k8s.io/v1
      kind: ValidatingAdmissionPolicyBinding
      metadata: {name: NAME}
      spec:
        policyName: NAME
        validationActions: [Deny]
      """;

  private final KubernetesClient client;
  private final List<GenericKubernetesResource> objects;

  private PlatformUsers(KubernetesClient client, String namespace, String name) {
    this.client = client;
    this.objects =
        List.of(POLICY, BINDING).stream()
            .map(yaml -> yaml.replace("NAMESPACE", namespace).replace("NAME", name))
            .map(yaml -> Serialization.unmarshal(yaml, GenericKubernetesResource.class))
            .toList();
    objects.forEach(object -> client.resource(object).create());
  }

  /** Such a platform in the test's namespace; returns once it refuses. */
  public static PlatformUsers in(TestCluster cluster) {
    String name = "users-of-" + cluster.namespace();
    PlatformUsers users = new PlatformUsers(cluster.client(), cluster.namespace(), name);
    TestCluster.await(() -> users.refuses(cluster.namespace(), name), name);
    return users;
  }

  private boolean refuses(String namespace, String name) {
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName("fixed-user")
            .withNamespace(namespace)
            .endMetadata()
            .withNewSpec()
            .withNewSecurityContext()
            .withRunAsUser(65_532L)
            .endSecurityContext()
            .addNewContainer()
            .withName("fixed-user")
            .withImage("none")
            .endContainer()
            .endSpec()
            .build();
    try {
      client.resource(pod).dryRun().create();
      return false;
    } catch (KubernetesClientException e) {
      // Before there is a ServiceAccount it is refused for that.
      return String.valueOf(e.getMessage()).contains(name);
    }
  }

  @Override
  public void close() {
    objects.reversed().forEach(object -> client.resource(object).delete());
  }
}
