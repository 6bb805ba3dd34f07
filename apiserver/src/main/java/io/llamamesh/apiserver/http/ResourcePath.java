package io.llamamesh.apiserver.http;

import io.llamamesh.apiserver.problem.ApiProblem;
import io.llamamesh.apiserver.types.Catalog;
import io.llamamesh.apiserver.types.ResourceType;
import java.util.List;

/**
 * The resource that a path names.
 *
 * @param namespace empty for cluster-scoped objects and for all namespaces
 * @param name empty for a collection
 * @param subresource empty for the object itself
 */
record ResourcePath(ResourceType type, String namespace, String name, String subresource) {
  /**
   * Reads a path under {@code /api/v1} or {@code /apis/group/version}.
   *
   * @throws ApiProblem 404 when nothing is served there
   */
  static ResourcePath of(List<String> path, Catalog catalog) {
    boolean core = path.getFirst().equals("api");
    String group = core ? "" : path.get(1);
    String version = path.get(core ? 1 : 2);
    List<String> rest = path.subList(core ? 2 : 3, path.size());
    String namespace = "";
    if (rest.size() > 2 && rest.getFirst().equals("namespaces")) {
      ResourceType below = catalog.find(group, version, rest.get(2));
      if (below != null && below.isNamespaced()) {
        namespace = rest.get(1);
        rest = rest.subList(2, rest.size());
      }
    }
    ResourceType type = catalog.find(group, version, rest.getFirst());
    boolean known =
        type != null
            && rest.size() <= 3
            && !(type.isNamespaced() && namespace.isEmpty() && rest.size() > 1);
    if (type == null || !known) {
      throw ApiProblem.noSuchPath();
    }
    return new ResourcePath(
        type, namespace, rest.size() > 1 ? rest.get(1) : "", rest.size() > 2 ? rest.get(2) : "");
  }

  /** As the journal and RBAC name it. */
  String resource() {
    return subresource.isEmpty() ? type.bucket() : type.bucket() + "/" + subresource;
  }
}
