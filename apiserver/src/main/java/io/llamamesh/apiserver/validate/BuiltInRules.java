package io.llamamesh.apiserver.validate;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.problem.ApiProblem.Cause;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The rules of small built-in kinds that an author of manifests or an operator is likely to break.
 * Far from all that a real server checks; of workloads none, which the tests on a real one judge.
 */
public final class BuiltInRules {
  private static final Pattern DATA_KEY = Pattern.compile("[-._a-zA-Z0-9]{1,253}");
  private static final long DATA_LIMIT = 1024 * 1024;

  private BuiltInRules() {}

  /** What is wrong with an object, given the version that it replaces. */
  public static List<Cause> check(JsonNode object, @Nullable JsonNode before, String bucket) {
    Findings found = new Findings();
    switch (bucket) {
      case "configmaps", "secrets" -> data(object, before, bucket.equals("secrets"), found);
      case "services" -> service(object.path("spec"), found);
      case "roles.rbac.authorization.k8s.io", "clusterroles.rbac.authorization.k8s.io" ->
          role(object, found);
      case "rolebindings.rbac.authorization.k8s.io",
          "clusterrolebindings.rbac.authorization.k8s.io" ->
          binding(object, before, found);
      case "leases.coordination.k8s.io" -> lease(object.path("spec"), found);
      default -> {}
    }
    return found.causes();
  }

  private static void data(
      JsonNode object, @Nullable JsonNode before, boolean secret, Findings found) {
    long size = 0;
    for (String field : List.of("data", "binaryData")) {
      for (Map.Entry<String, JsonNode> entry : object.path(field).properties()) {
        String key = entry.getKey();
        size += entry.getValue().asText().length();
        if (!DATA_KEY.matcher(key).matches() || key.equals(".") || key.equals("..")) {
          found.add(
              "FieldValueInvalid",
              field + "[" + key + "]",
              "Invalid value: \""
                  + key
                  + "\": a valid config key must consist of alphanumeric characters, '-', '_' or"
                  + " '.'");
        }
      }
    }
    if (size > DATA_LIMIT) {
      found.add(
          "FieldValueTooLong", "data", "Too long: may not be more than " + DATA_LIMIT + " bytes");
    }
    if (before != null) {
      if (secret) {
        found.immutable(before.path("type"), object.path("type"), "type");
      }
      if (before.path("immutable").asBoolean()
          && !(before.path("data").equals(object.path("data"))
              && object.path("immutable").asBoolean())) {
        found.add(
            "FieldValueForbidden", "data", "Forbidden: field is immutable when `immutable` is set");
      }
    }
  }

  private static void service(JsonNode spec, Findings found) {
    boolean portless =
        Json.text(spec, "clusterIP").equals("None")
            || Json.text(spec, "type").equals("ExternalName");
    if (!portless) {
      found.required(spec, "spec", "ports");
    }
    JsonNode ports = spec.path("ports");
    for (int i = 0; i < ports.size(); i++) {
      String at = "spec.ports[" + i + "]";
      found.port(ports.get(i).path("port"), at + ".port");
      if (ports.size() > 1) {
        found.required(ports.get(i), at, "name");
      }
    }
    found.unique(ports, "spec.ports", "name");
  }

  private static void role(JsonNode role, Findings found) {
    JsonNode rules = role.path("rules");
    for (int i = 0; i < rules.size(); i++) {
      JsonNode rule = rules.get(i);
      String at = "rules[" + i + "]";
      found.required(rule, at, "verbs");
      if (rule.path("nonResourceURLs").isEmpty()) {
        found.required(rule, at, "apiGroups");
        found.required(rule, at, "resources");
      }
    }
  }

  private static void binding(JsonNode binding, @Nullable JsonNode before, Findings found) {
    JsonNode role = binding.path("roleRef");
    for (String field : List.of("apiGroup", "kind", "name")) {
      found.required(role, "roleRef", field);
    }
    if (before != null && !before.path("roleRef").equals(role)) {
      found.invalid("roleRef", role, "cannot change roleRef");
    }
    JsonNode subjects = binding.path("subjects");
    for (int i = 0; i < subjects.size(); i++) {
      String at = "subjects[" + i + "]";
      found.required(subjects.get(i), at, "name");
      if (Json.text(subjects.get(i), "kind").equals("ServiceAccount")) {
        found.required(subjects.get(i), at, "namespace");
      }
    }
  }

  private static void lease(JsonNode spec, Findings found) {
    JsonNode seconds = spec.path("leaseDurationSeconds");
    if (!seconds.isMissingNode() && seconds.asInt() <= 0) {
      found.invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0");
    }
  }
}
