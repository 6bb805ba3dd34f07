package io.llamamesh.apiserver.objects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.problem.ApiProblem;
import io.llamamesh.apiserver.problem.ApiProblem.Cause;
import io.llamamesh.apiserver.rules.ResourceRules;
import io.llamamesh.apiserver.types.ResourceType;
import io.llamamesh.apiserver.validate.Defaults;
import io.llamamesh.apiserver.validate.Pruning;
import io.llamamesh.apiserver.validate.Structure;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Admission of a document, and its form. Custom resources are judged by their schema and its rules;
 * of built-in kinds only the name is.
 */
final class Admission {
  private static final String CRDS = "customresourcedefinitions.apiextensions.k8s.io";
  private static final int MAX_NAME = 253;
  private static final Pattern NAME =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
  private static final Pattern PATH_NAME = Pattern.compile("[^/%]+");

  private Admission() {}

  /** Takes out what the schema does not know, or refuses it when the client asked for that. */
  static void prune(ObjectNode object, ResourceType type, WriteOptions options) {
    List<String> unknown =
        removeUnknown(object, type).stream().map(path -> "unknown field \"" + path + "\"").toList();
    if (options.isStrict() && !unknown.isEmpty()) {
      throw ApiProblem.badRequest("strict decoding error: " + String.join(", ", unknown));
    }
    options.warnings().addAll(unknown);
  }

  /** Takes out the fields that the schema does not know, and returns their paths. */
  static List<String> removeUnknown(ObjectNode object, ResourceType type) {
    return type.isCustom() ? Pruning.prune(object, type.schema()) : List.of();
  }

  /** Fills in defaults, then refuses (422) what breaks a rule of the kind. */
  static void complete(ObjectNode object, @Nullable ObjectNode before, ResourceType type) {
    String name = Json.text(object, "metadata", "name");
    List<Cause> causes = new ArrayList<>();
    Pattern allowed = type.group().startsWith("rbac.") ? PATH_NAME : NAME;
    if (name.length() > MAX_NAME || !allowed.matcher(name).matches()) {
      causes.add(
          new Cause(
              "FieldValueInvalid",
              "metadata.name",
              "Invalid value: \""
                  + name
                  + "\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric"
                  + " characters, '-' or '.', and must start and end with an alphanumeric"
                  + " character"));
    }
    if (type.isCustom()) {
      Defaults.fill(object, type.schema());
      causes.addAll(Structure.check(object, type.schema()));
      if (causes.isEmpty()) {
        causes.addAll(type.rules().check(object, before));
      }
    } else if (type.bucket().equals(CRDS)) {
      definition(object, causes);
    }
    if (!causes.isEmpty()) {
      throw ApiProblem.invalid(type.group(), type.kind(), name, causes);
    }
  }

  private static void definition(ObjectNode definition, List<Cause> causes) {
    JsonNode spec = definition.path("spec");
    String name = Json.text(spec, "names", "plural") + "." + Json.text(spec, "group");
    if (!Json.text(definition, "metadata", "name").equals(name)) {
      causes.add(
          new Cause(
              "FieldValueInvalid",
              "metadata.name",
              "Invalid value: must be spec.names.plural+\".\"+spec.group: " + name));
    }
    for (JsonNode version : spec.path("versions")) {
      JsonNode schema = version.path("schema").path("openAPIV3Schema");
      causes.addAll(ResourceRules.compile(schema, "openAPIV3Schema").problems());
    }
  }
}
