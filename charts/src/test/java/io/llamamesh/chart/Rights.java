package io.llamamesh.chart;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What rendered roles and bindings allow one ServiceAccount, as Kubernetes' RBAC reads them. */
final class Rights {
  /**
   * A rule that holds in a namespace, or with null everywhere.
   *
   * @param namespace where
   * @param rule as in a role
   */
  private record Grant(@Nullable String namespace, JsonNode rule) {}

  private final List<Grant> grants = new ArrayList<>();

  private Rights() {}

  static Rights of(String rendering, String account) {
    Rights rights = new Rights();
    for (JsonNode binding : Chart.ofKind(rendering, "ClusterRoleBinding")) {
      rights.add(rendering, binding, account, null);
    }
    for (JsonNode binding : Chart.ofKind(rendering, "RoleBinding")) {
      rights.add(rendering, binding, account, binding.at("/metadata/namespace").asText());
    }
    return rights;
  }

  private void add(String rendering, JsonNode binding, String account, @Nullable String namespace) {
    if (binding
        .path("subjects")
        .valueStream()
        .anyMatch(s -> s.path("name").asText().equals(account))) {
      JsonNode role =
          Chart.ofKind(rendering, binding.at("/roleRef/kind").asText()).stream()
              .filter(r -> Chart.name(r).equals(binding.at("/roleRef/name").asText()))
              .filter(r ->
                  !r.at("/metadata").has("namespace")
                      || r.at("/metadata/namespace").asText().equals(namespace))
              .findFirst()
              .orElseThrow();
      role.path("rules").forEach(rule -> grants.add(new Grant(namespace, rule)));
    }
  }

  /**
   * Whether a request is allowed.
   *
   * @param namespace null for what has none, or for all namespaces
   * @param name null where the request names no object
   */
  boolean allow(
      @Nullable String namespace,
      String verb,
      String group,
      String resource,
      @Nullable String name) {
    return grants.stream()
        .filter(g -> g.namespace() == null || g.namespace().equals(namespace))
        .map(Grant::rule)
        .anyMatch(rule ->
            has(rule.path("verbs"), verb)
                && has(rule.path("apiGroups"), group)
                && has(rule.path("resources"), resource)
                && (rule.path("resourceNames").isEmpty()
                    || (name != null && has(rule.path("resourceNames"), name))));
  }

  /** The rules that hold in a namespace, those that hold everywhere among them. */
  List<JsonNode> rules(String namespace) {
    return grants.stream()
        .filter(g -> g.namespace() == null || g.namespace().equals(namespace))
        .map(Grant::rule)
        .toList();
  }

  /** Every verb and resource, as the stand-in's journal writes them: {@code get leases.group}. */
  Set<String> granted() {
    Set<String> granted = new TreeSet<>();
    for (Grant grant : grants) {
      for (JsonNode group : grant.rule().path("apiGroups")) {
        for (JsonNode resource : grant.rule().path("resources")) {
          for (JsonNode verb : grant.rule().path("verbs")) {
            granted.add(verb.asText() + " " + named(resource.asText(), group.asText()));
          }
        }
      }
    }
    return granted;
  }

  private static String named(String resource, String group) {
    if (group.isEmpty()) {
      return resource;
    }
    int slash = resource.indexOf('/');
    return slash < 0
        ? resource + "." + group
        : resource.substring(0, slash) + "." + group + resource.substring(slash);
  }

  private static boolean has(JsonNode list, String wanted) {
    return list.valueStream().anyMatch(item -> item.asText().equals(wanted));
  }
}
