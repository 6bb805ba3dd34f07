package io.llamamesh.apiserver.objects;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.problem.ApiProblem.Cause;
import io.llamamesh.apiserver.rules.ResourceRules;
import io.llamamesh.apiserver.schema.CrdSchemas;
import io.llamamesh.apiserver.validate.Defaults;
import io.llamamesh.apiserver.validate.Structure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What makes a CustomResourceDefinition unacceptable: names that do not fit, no schema, rules that
 * do not compile, defaults that break the schema's own rules. The real server also refuses rules
 * whose cost it cannot bound, which is not looked at here.
 */
final class Definitions {
  private static final String INVALID = "FieldValueInvalid";

  private final List<Cause> causes = new ArrayList<>();

  private Definitions() {}

  static List<Cause> check(JsonNode definition) {
    Definitions found = new Definitions();
    JsonNode spec = definition.path("spec");
    String name = Json.text(spec, "names", "plural") + "." + Json.text(spec, "group");
    if (!Json.text(definition, "metadata", "name").equals(name)) {
      found.add(
          INVALID,
          "metadata.name",
          "Invalid value: must be spec.names.plural+\".\"+spec.group: " + name);
    }
    found.required(spec, "spec", "group", "scope", "names", "versions");
    found.required(spec.path("names"), "spec.names", "kind", "plural");
    JsonNode versions = spec.path("versions");
    long stored = 0;
    for (int i = 0; i < versions.size(); i++) {
      stored += versions.get(i).path("storage").asBoolean() ? 1 : 0;
      found.version(versions.get(i), "spec.versions[" + i + "]");
    }
    if (stored != 1) {
      found.add(
          INVALID,
          "spec.versions",
          "Invalid value: must have exactly one version marked as storage version");
    }
    return found.causes;
  }

  private void version(JsonNode version, String path) {
    JsonNode schema = version.path("schema").path("openAPIV3Schema");
    String at = path + ".schema.openAPIV3Schema";
    if (!schema.isObject()) {
      add("FieldValueRequired", at, "Required value: schemas are required");
      return;
    }
    structural(schema, at, true);
    ResourceRules.Compiled compiled = ResourceRules.compile(schema, at);
    causes.addAll(compiled.problems());
  }

  /** Every value has a type, list maps have keys that are required or defaulted, defaults fit. */
  private void structural(JsonNode schema, String path, boolean root) {
    boolean open =
        schema.path("x-kubernetes-preserve-unknown-fields").asBoolean()
            || schema.path("x-kubernetes-int-or-string").asBoolean();
    if (!schema.has("type") && !open) {
      add(
          "FieldValueRequired",
          path + ".type",
          "Required value: must not be empty for specified " + (root ? "root" : "object fields"));
    }
    if (schema.has("default")) {
      JsonNode filled = schema.path("default").deepCopy();
      Defaults.fill(filled, CrdSchemas.value(schema));
      causes.addAll(Structure.checkValue(filled, schema, path + ".default"));
      // Rules see the default as written: an unguarded one fails on what only nested defaults add.
      ResourceRules.compile(schema, path).rules().check(schema.path("default"), null).stream()
          .map(c -> new Cause(c.reason(), path + ".default", c.message()))
          .forEach(causes::add);
    }
    if (Json.text(schema, "x-kubernetes-list-type").equals("map")) {
      keys(schema, path);
    }
    for (Map.Entry<String, JsonNode> field : schema.path("properties").properties()) {
      boolean isMetadata = root && field.getKey().equals("metadata");
      if (!isMetadata) {
        structural(field.getValue(), path + ".properties[" + field.getKey() + "]", false);
      }
    }
    if (schema.path("items").isObject()) {
      structural(schema.path("items"), path + ".items", false);
    }
    if (schema.path("additionalProperties").isObject()) {
      structural(schema.path("additionalProperties"), path + ".additionalProperties", false);
    }
  }

  private void keys(JsonNode list, String path) {
    JsonNode items = list.path("items");
    List<String> required = new ArrayList<>();
    items.path("required").forEach(r -> required.add(r.asText()));
    if (list.path("x-kubernetes-list-map-keys").isEmpty()) {
      add(
          "FieldValueRequired",
          path + ".x-kubernetes-list-map-keys",
          "Required value: must not be empty if x-kubernetes-list-type is map");
    }
    for (JsonNode key : list.path("x-kubernetes-list-map-keys")) {
      boolean certain =
          required.contains(key.asText())
              || items.path("properties").path(key.asText()).has("default");
      if (!certain) {
        add(
            "FieldValueRequired",
            path + ".items.properties[" + key.asText() + "].default",
            "Required value: this property is in x-kubernetes-list-map-keys, so it must have a"
                + " default or be a required property");
      }
    }
  }

  private void required(JsonNode object, String path, String... fields) {
    for (String field : fields) {
      if (!object.hasNonNull(field)) {
        add("FieldValueRequired", path + "." + field, "Required value");
      }
    }
  }

  private void add(String reason, String field, String message) {
    causes.add(new Cause(reason, field, message));
  }
}
