package io.llamamesh.apiserver.validate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The rules of pods and of what makes pods from a template. */
final class WorkloadRules {
  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final Pattern PORT_NAME =
      Pattern.compile("(?=.*[a-z])[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?");
  private static final List<String> HANDLERS = List.of("exec", "httpGet", "tcpSocket", "grpc");

  private WorkloadRules() {}

  static void workload(JsonNode object, @Nullable JsonNode before, Findings found) {
    JsonNode spec = object.path("spec");
    JsonNode template = spec.path("template");
    found.required(spec, "spec", "selector");
    JsonNode labels = template.path("metadata").path("labels");
    for (Map.Entry<String, JsonNode> wanted :
        spec.path("selector").path("matchLabels").properties()) {
      if (!labels.path(wanted.getKey()).equals(wanted.getValue())) {
        found.invalid(
            "spec.template.metadata.labels", labels, "`selector` does not match template `labels`");
        break;
      }
    }
    if (before != null) {
      found.immutable(before.path("spec").path("selector"), spec.path("selector"), "spec.selector");
    }
    String restart = Json.text(template, "spec", "restartPolicy");
    if (!restart.equals("Always")) {
      found.add(
          "FieldValueNotSupported",
          "spec.template.spec.restartPolicy",
          "Unsupported value: \"" + restart + "\": supported values: \"Always\"");
    }
    podSpec(template.path("spec"), "spec.template.spec", found);
  }

  static void pod(JsonNode pod, @Nullable JsonNode before, Findings found) {
    podSpec(pod.path("spec"), "spec", found);
    if (before != null && !fixed(before.path("spec")).equals(fixed(pod.path("spec")))) {
      found.add(
          "FieldValueForbidden",
          "spec",
          "Forbidden: pod updates may not change fields other than"
              + " `spec.containers[*].image`,`spec.initContainers[*].image`,"
              + "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing"
              + " tolerations),`spec.terminationGracePeriodSeconds`");
    }
  }

  /** A pod's spec without what may change. */
  private static JsonNode fixed(JsonNode spec) {
    if (!(spec instanceof ObjectNode object)) {
      return spec;
    }
    ObjectNode fixed = object.deepCopy();
    fixed.remove(List.of("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"));
    for (String list : List.of("containers", "initContainers")) {
      fixed.path(list).forEach(container -> ((ObjectNode) container).remove("image"));
    }
    return fixed;
  }

  private static void podSpec(JsonNode spec, String path, Findings found) {
    found.required(spec, path, "containers");
    Set<String> volumes = new HashSet<>();
    spec.path("volumes").forEach(volume -> volumes.add(Json.text(volume, "name")));
    found.unique(spec.path("volumes"), path + ".volumes", "name");
    boolean hostNetwork = spec.path("hostNetwork").asBoolean();
    for (String list : List.of("initContainers", "containers")) {
      JsonNode containers = spec.path(list);
      found.unique(containers, path + "." + list, "name");
      for (int i = 0; i < containers.size(); i++) {
        container(
            containers.get(i), path + "." + list + "[" + i + "]", volumes, hostNetwork, found);
      }
    }
  }

  private static void container(
      JsonNode container, String path, Set<String> volumes, boolean hostNetwork, Findings found) {
    found.required(container, path, "image");
    if (!LABEL.matcher(Json.text(container, "name")).matches()) {
      found.invalid(
          path + ".name",
          container.path("name"),
          "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-',"
              + " and must start and end with an alphanumeric character");
    }
    JsonNode ports = container.path("ports");
    found.unique(ports, path + ".ports", "name");
    for (int i = 0; i < ports.size(); i++) {
      port(ports.get(i), path + ".ports[" + i + "]", hostNetwork, found);
    }
    JsonNode env = container.path("env");
    for (int i = 0; i < env.size(); i++) {
      String at = path + ".env[" + i + "]";
      found.required(env.get(i), at, "name");
      if (env.get(i).has("valueFrom") && !Json.text(env.get(i), "value").isEmpty()) {
        found.invalid(
            at + ".valueFrom",
            env.get(i).path("valueFrom"),
            "may not be specified when `value` is not empty");
      }
    }
    JsonNode mounts = container.path("volumeMounts");
    for (int i = 0; i < mounts.size(); i++) {
      String at = path + ".volumeMounts[" + i + "]";
      found.required(mounts.get(i), at, "mountPath");
      String name = Json.text(mounts.get(i), "name");
      if (!volumes.contains(name)) {
        found.add("FieldValueNotFound", at + ".name", "Not found: \"" + name + "\"");
      }
    }
    found.unique(mounts, path + ".volumeMounts", "mountPath");
    for (String probe : List.of("livenessProbe", "readinessProbe", "startupProbe")) {
      JsonNode declared = container.path(probe);
      if (declared.isObject() && HANDLERS.stream().noneMatch(declared::has)) {
        found.add(
            "FieldValueRequired",
            path + "." + probe,
            "Required value: must specify a handler type");
      }
    }
  }

  private static void port(JsonNode port, String path, boolean hostNetwork, Findings found) {
    found.port(port.path("containerPort"), path + ".containerPort");
    String name = Json.text(port, "name");
    if (!name.isEmpty() && !PORT_NAME.matcher(name).matches()) {
      found.invalid(
          path + ".name",
          port.path("name"),
          "must be no more than 15 lower case alphanumeric characters or '-', with at least one"
              + " letter");
    }
    if (hostNetwork
        && port.has("hostPort")
        && port.path("hostPort").asInt() != port.path("containerPort").asInt()) {
      found.invalid(
          path + ".containerPort",
          port.path("containerPort"),
          "must match `hostPort` when `hostNetwork` is true");
    }
  }
}
