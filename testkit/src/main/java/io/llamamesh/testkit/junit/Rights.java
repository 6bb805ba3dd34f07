package io.llamamesh.testkit.junit;

import io.fabric8.kubernetes.api.model.authorization.v1.ResourceRule;
import io.llamamesh.testkit.AuditLog.Request;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The rights of a ServiceAccount in a namespace, each as {@code patch llamameshes.llamamesh.io}.
 *
 * @param granted what the authoriser says that it may, without what everybody may
 * @param used what it asked for and was allowed, by the audit log
 * @param refused what it asked for and was not
 */
public record Rights(Set<String> granted, Set<String> used, Set<String> refused) {
  private static final int FORBIDDEN = 403;
  private static final int CREATED = 201;
  private static final String BINDINGS = "rolebindings.rbac.authorization.k8s.io";
  private static final String BIND = "bind clusterroles.rbac.authorization.k8s.io";

  static Rights of(
      Collection<ResourceRule> rules, Collection<ResourceRule> everybodys, List<Request> requests) {
    Set<String> granted = new TreeSet<>();
    rules.stream()
        .filter(rule -> !everybodys.contains(rule))
        .forEach(rule -> granted.addAll(rights(rule)));
    Set<String> used = new TreeSet<>();
    Set<String> refused = new TreeSet<>();
    for (Request request : requests) {
      if (request.code() == FORBIDDEN) {
        refused.add(request.right());
      } else {
        used.addAll(rights(request));
      }
    }
    return new Rights(granted, used, refused);
  }

  /** The rights that are granted and were not used. */
  public Set<String> unused() {
    Set<String> unused = new TreeSet<>(granted);
    unused.removeAll(used);
    return unused;
  }

  private static List<String> rights(ResourceRule rule) {
    return rule.getApiGroups().stream()
        .flatMap(group -> rule.getResources().stream().map(resource -> named(resource, group)))
        .flatMap(resource -> rule.getVerbs().stream().map(verb -> verb + " " + resource))
        .toList();
  }

  /** An apply that finds nothing creates, and who writes a binding must hold the role or bind. */
  private static List<String> rights(Request request) {
    if (request.verb().equals("create") && request.resource().equals(BINDINGS)) {
      return List.of(request.right(), BIND);
    }
    if (request.verb().equals("patch") && request.code() == CREATED) {
      String create = "create " + request.resource();
      return request.resource().equals(BINDINGS)
          ? List.of(request.right(), create, BIND)
          : List.of(request.right(), create);
    }
    return List.of(request.right());
  }

  /** As the audit log names it: {@code llamameshes.llamamesh.io/status}. */
  private static String named(String resource, String group) {
    if (group.isEmpty()) {
      return resource;
    }
    int slash = resource.indexOf('/');
    return slash < 0
        ? resource + "." + group
        : resource.substring(0, slash) + "." + group + resource.substring(slash);
  }
}
