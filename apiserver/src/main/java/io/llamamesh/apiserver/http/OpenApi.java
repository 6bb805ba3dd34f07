package io.llamamesh.apiserver.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.problem.ApiProblem;
import io.llamamesh.apiserver.types.Catalog;
import io.llamamesh.apiserver.types.ResourceType;

/**
 * OpenAPI v3, as far as {@code kubectl apply} needs it: that the server validates fields itself.
 * Schemas are not served.
 */
final class OpenApi {
  private final Catalog catalog;

  OpenApi(Catalog catalog) {
    this.catalog = catalog;
  }

  /** {@code /openapi/v3}. */
  ObjectNode index() {
    ObjectNode index = Json.object();
    ObjectNode paths = index.putObject("paths");
    for (ResourceType type : catalog.all()) {
      String path = root(type.group(), type.version());
      paths
          .putObject(path)
          .put("serverRelativeURL", "/openapi/v3/" + path + "?hash=" + catalog.generation());
    }
    return index;
  }

  /** {@code /openapi/v3/apis/group/version}. */
  ObjectNode document(String group, String version) {
    ObjectNode document = Json.object().put("openapi", "3.0.0");
    document.putObject("info").put("title", "Kubernetes API stand-in").put("version", "v1");
    ObjectNode paths = document.putObject("paths");
    for (ResourceType type : catalog.all()) {
      if (type.group().equals(group) && type.version().equals(version)) {
        String path =
            "/"
                + root(group, version)
                + (type.isNamespaced() ? "/namespaces/{namespace}/" : "/")
                + type.plural()
                + "/{name}";
        describe(paths.putObject(path).putObject("patch"), type);
      }
    }
    if (paths.isEmpty()) {
      throw ApiProblem.noSuchPath();
    }
    return document;
  }

  private static void describe(ObjectNode operation, ResourceType type) {
    operation.put("operationId", type.kind());
    operation.putObject("responses");
    ArrayNode parameters = operation.putArray("parameters");
    for (String name : new String[] {"fieldManager", "fieldValidation", "force"}) {
      parameters
          .addObject()
          .put("name", name)
          .put("in", "query")
          .putObject("schema")
          .put("type", "string");
    }
    operation
        .putObject("x-kubernetes-group-version-kind")
        .put("group", type.group())
        .put("version", type.version())
        .put("kind", type.kind());
  }

  private static String root(String group, String version) {
    return group.isEmpty() ? "api/" + version : "apis/" + group + "/" + version;
  }
}
