package io.llamamesh.apiserver.types;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.rules.RuleTree;
import java.util.List;
import java.util.Locale;

/** The built-in resources: those that a mesh, its operator, and a person looking at them meet. */
final class BuiltIns {
  /** Group, plural, short name, kind, traits; {@code -} is none. All of version v1. */
  private static final String RESOURCES =
      """
      -                         namespaces                ns     Namespace                status
      -                         nodes                     no     Node                     status
      -                         pods                      po     Pod                      namespaced,status,all
      -                         services                  svc    Service                  namespaced,status,all
      -                         configmaps                cm     ConfigMap                namespaced
      -                         secrets                   -      Secret                   namespaced
      -                         serviceaccounts           sa     ServiceAccount           namespaced
      -                         events                    ev     Event                    namespaced
      apps                      daemonsets                ds     DaemonSet                namespaced,status,generation,all
      apps                      deployments               deploy Deployment               namespaced,status,generation,all
      coordination.k8s.io       leases                    -      Lease                    namespaced
      networking.k8s.io         networkpolicies           netpol NetworkPolicy            namespaced,generation
      policy                    poddisruptionbudgets      pdb    PodDisruptionBudget      namespaced,status,generation
      rbac.authorization.k8s.io roles                     -      Role                     namespaced
      rbac.authorization.k8s.io rolebindings              -      RoleBinding              namespaced
      rbac.authorization.k8s.io clusterroles              -      ClusterRole              -
      rbac.authorization.k8s.io clusterrolebindings       -      ClusterRoleBinding       -
      apiextensions.k8s.io      customresourcedefinitions crd    CustomResourceDefinition status,generation
      """;

  /** Resource, column, JSONPath; the age comes last by itself. */
  private static final String COLUMNS =
      """
      nodes       Ready     .status.conditions[?(@.type=="Ready")].status
      namespaces  Status    .status.phase
      pods        Ready     .status.conditions[?(@.type=="Ready")].status
      pods        Status    .status.phase
      pods        Restarts  .status.containerStatuses[0].restartCount
      pods        Node      .spec.nodeName
      daemonsets  Desired   .status.desiredNumberScheduled
      daemonsets  Ready     .status.numberReady
      deployments Desired   .spec.replicas
      deployments Ready     .status.readyReplicas
      leases      Holder    .spec.holderIdentity
      events      Type      .type
      events      Reason    .reason
      events      Object    .involvedObject.name
      events      Message   .message
      """;

  private BuiltIns() {}

  static List<ResourceType> all() {
    return RESOURCES.lines().map(line -> of(line.split(" +", -1))).toList();
  }

  private static ResourceType of(String[] words) {
    List<String> traits = List.of(words[4].split(",", -1));
    String plural = words[1];
    return new ResourceType(
        words[0].equals("-") ? "" : words[0],
        "v1",
        plural,
        words[3].toLowerCase(Locale.ROOT),
        words[3],
        words[2].equals("-") ? List.of() : List.of(words[2]),
        traits.contains("all") ? List.of("all") : List.of(),
        traits.contains("namespaced"),
        traits.contains("status"),
        traits.contains("generation"),
        false,
        MissingNode.getInstance(),
        RuleTree.NONE,
        columns(plural));
  }

  private static ArrayNode columns(String plural) {
    ArrayNode columns = Json.array();
    COLUMNS
        .lines()
        .map(line -> line.split(" +", 3))
        .filter(words -> words[0].equals(plural))
        .forEach(words ->
            columns
                .addObject()
                .put("name", words[1])
                .put("type", "string")
                .put("jsonPath", words[2]));
    if (!columns.isEmpty()) {
      columns
          .addObject()
          .put("name", "Age")
          .put("type", "date")
          .put("jsonPath", ".metadata.creationTimestamp");
    }
    return columns;
  }
}
