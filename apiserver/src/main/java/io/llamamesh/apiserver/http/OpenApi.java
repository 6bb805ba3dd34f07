package io.llamamesh.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.problem.ApiProblem;
import io.llamamesh.apiserver.types.Catalog;
import io.llamamesh.apiserver.types.ResourceType;

/**
 * OpenAPI v3, as far as kubectl needs it: that the server validates fields itself, and the schemas
 * of custom resources for {@code kubectl explain}. Built-in kinds are not described.
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
    ObjectNode schemas = document.putObject("components").putObject("schemas");
    for (ResourceType type : catalog.all()) {
      if (type.group().equals(group) && type.version().equals(version)) {
        String path =
            "/"
                + root(group, version)
                + (type.namespaced() ? "/namespaces/{namespace}/" : "/")
                + type.plural()
                + "/{name}";
        ObjectNode operations = paths.putObject(path);
        for (String verb : new String[] {"get", "put", "patch"}) {
          operation(operations.putObject(verb), type);
        }
        schemas.set(group + "." + version + "." + type.kind(), schema(type));
      }
    }
    if (schemas.isEmpty()) {
      throw ApiProblem.noSuchPath();
    }
    return document;
  }

  private static void operation(ObjectNode operation, ResourceType type) {
    operation.put("operationId", type.kind());
    operation.putObject("responses");
    ArrayNode parameters = operation.putArray("parameters");
    for (String name : new String[] {"dryRun", "fieldManager", "fieldValidation", "force"}) {
      parameters
          .addObject()
          .put("name", name)
          .put("in", "query")
          .putObject("schema")
          .put("type", "string");
    }
    operation.set("x-kubernetes-group-version-kind", kind(type));
  }

  private static ObjectNode schema(ResourceType type) {
    JsonNode described = type.schema().constraints();
    ObjectNode schema =
        described instanceof ObjectNode document ? document.deepCopy() : Json.object();
    schema.put("type", "object");
    schema.putArray("x-kubernetes-group-version-kind").add(kind(type));
    return schema;
  }

  private static ObjectNode kind(ResourceType type) {
    return Json.object()
        .put("group", type.group())
        .put("version", type.version())
        .put("kind", type.kind());
  }

  private static String root(String group, String version) {
    return group.isEmpty() ? "api/" + version : "apis/" + group + "/" + version;
  }
}
