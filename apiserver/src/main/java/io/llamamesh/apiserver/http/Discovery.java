package io.llamamesh.apiserver.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.problem.ApiProblem;
import io.llamamesh.apiserver.types.Catalog;
import io.llamamesh.apiserver.types.ResourceType;
import java.util.List;

/** Discovery documents, by which a client learns which resources there are. */
final class Discovery {
  private static final List<String> VERBS =
      List.of("create", "delete", "get", "list", "patch", "update", "watch");

  private final Catalog catalog;

  Discovery(Catalog catalog) {
    this.catalog = catalog;
  }

  /** {@code /api}. */
  ObjectNode coreVersions() {
    ObjectNode versions = Json.object().put("kind", "APIVersions");
    versions.putArray("versions").add("v1");
    versions.putArray("serverAddressByClientCIDRs");
    return versions;
  }

  /** {@code /apis}. */
  ObjectNode groups() {
    ObjectNode list = Json.object().put("kind", "APIGroupList").put("apiVersion", "v1");
    ArrayNode groups = list.putArray("groups");
    catalog.groups().forEach((name, versions) -> groups.add(group(name, versions)));
    return list;
  }

  /** {@code /api/v1} or {@code /apis/group/version}. */
  ObjectNode resources(String group, String version) {
    ObjectNode list = Json.object().put("kind", "APIResourceList").put("apiVersion", "v1");
    list.put("groupVersion", group.isEmpty() ? version : group + "/" + version);
    ArrayNode resources = list.putArray("resources");
    for (ResourceType type : catalog.all()) {
      if (type.group().equals(group) && type.version().equals(version)) {
        describe(resources.addObject(), type);
        if (type.hasStatus()) {
          ObjectNode status = resources.addObject().put("name", type.plural() + "/status");
          status.put("singularName", "").put("namespaced", type.isNamespaced());
          status.put("kind", type.kind()).putArray("verbs").add("get").add("patch").add("update");
        }
      }
    }
    if (resources.isEmpty()) {
      throw ApiProblem.noSuchPath();
    }
    return list;
  }

  private static void describe(ObjectNode resource, ResourceType type) {
    resource.put("name", type.plural()).put("singularName", type.singular());
    resource.put("namespaced", type.isNamespaced()).put("kind", type.kind());
    VERBS.forEach(resource.putArray("verbs")::add);
    if (!type.shortNames().isEmpty()) {
      type.shortNames().forEach(resource.putArray("shortNames")::add);
    }
    if (!type.categories().isEmpty()) {
      type.categories().forEach(resource.putArray("categories")::add);
    }
  }

  private static ObjectNode group(String name, List<String> versions) {
    ObjectNode group = Json.object().put("name", name);
    ArrayNode served = group.putArray("versions");
    for (String version : versions) {
      served.addObject().put("groupVersion", name + "/" + version).put("version", version);
    }
    group
        .putObject("preferredVersion")
        .put("groupVersion", name + "/" + versions.getFirst())
        .put("version", versions.getFirst());
    return group;
  }
}
