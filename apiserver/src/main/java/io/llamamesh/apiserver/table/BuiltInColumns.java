package io.llamamesh.apiserver.table;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.apiserver.json.Json;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** The columns of built-in resources, much as {@code kubectl get} shows them on a cluster. */
final class BuiltInColumns {
  private static final Map<String, List<Column>> COLUMNS = new HashMap<>();

  static {
    cluster();
    workloads();
    rest();
  }

  private BuiltInColumns() {}

  static List<Column> of(String bucket) {
    return COLUMNS.getOrDefault(bucket, List.of(Column.objectName(), Column.age()));
  }

  private static void cluster() {
    put(
        "nodes",
        Column.objectName(),
        Column.text("Status", BuiltInColumns::nodeStatus),
        Column.text("Roles", BuiltInColumns::roles),
        Column.age(),
        Column.path("Version", "string", ".status.nodeInfo.kubeletVersion"),
        Column.path("Internal-IP", "string", ".status.addresses[?(@.type==\"InternalIP\")].address")
            .wide());
    put(
        "namespaces",
        Column.objectName(),
        Column.path("Status", "string", ".status.phase"),
        Column.age());
    put(
        "events",
        Column.path("Last Seen", "date", ".lastTimestamp"),
        Column.path("Type", "string", ".type"),
        Column.path("Reason", "string", ".reason"),
        Column.text(
            "Object",
            o ->
                Json.text(o, "involvedObject", "kind").toLowerCase(Locale.ROOT)
                    + "/"
                    + Json.text(o, "involvedObject", "name")),
        Column.path("Message", "string", ".message"),
        Column.objectName().wide());
    put(
        "customresourcedefinitions.apiextensions.k8s.io",
        Column.objectName(),
        Column.path("Created At", "string", ".metadata.creationTimestamp"));
  }

  private static void workloads() {
    put(
        "pods",
        Column.objectName(),
        Column.text("Ready", BuiltInColumns::readyContainers),
        Column.text("Status", BuiltInColumns::podStatus),
        Column.count(
            "Restarts", o -> sum(o.path("status").path("containerStatuses"), "restartCount")),
        Column.age(),
        Column.path("IP", "string", ".status.podIP").wide(),
        Column.path("Node", "string", ".spec.nodeName").wide());
    put(
        "daemonsets.apps",
        Column.objectName(),
        Column.count("Desired", ".status.desiredNumberScheduled"),
        Column.count("Current", ".status.currentNumberScheduled"),
        Column.count("Ready", ".status.numberReady"),
        Column.count("Up-to-date", ".status.updatedNumberScheduled"),
        Column.count("Available", ".status.numberAvailable"),
        Column.text(
            "Node Selector",
            o -> labels(o.path("spec").path("template").path("spec").path("nodeSelector"))),
        Column.age());
    put(
        "deployments.apps",
        Column.objectName(),
        Column.text("Ready", BuiltInColumns::readyReplicas),
        Column.count("Up-to-date", ".status.updatedReplicas"),
        Column.count("Available", ".status.availableReplicas"),
        Column.age());
    put(
        "statefulsets.apps",
        Column.objectName(),
        Column.text("Ready", BuiltInColumns::readyReplicas),
        Column.age());
    put(
        "replicasets.apps",
        Column.objectName(),
        Column.count("Desired", ".spec.replicas"),
        Column.count("Current", ".status.replicas"),
        Column.count("Ready", ".status.readyReplicas"),
        Column.age());
  }

  private static void rest() {
    put(
        "configmaps",
        Column.objectName(),
        Column.count("Data", o -> o.path("data").size() + o.path("binaryData").size()),
        Column.age());
    put(
        "secrets",
        Column.objectName(),
        Column.path("Type", "string", ".type"),
        Column.count("Data", o -> o.path("data").size()),
        Column.age());
    put(
        "services",
        Column.objectName(),
        Column.path("Type", "string", ".spec.type"),
        Column.path("Cluster-IP", "string", ".spec.clusterIP"),
        Column.text("External-IP", o -> "<none>"),
        Column.text("Port(s)", BuiltInColumns::ports),
        Column.age());
    put(
        "serviceaccounts",
        Column.objectName(),
        Column.count("Secrets", o -> o.path("secrets").size()),
        Column.age());
    put(
        "leases.coordination.k8s.io",
        Column.objectName(),
        Column.path("Holder", "string", ".spec.holderIdentity"),
        Column.age());
    for (String binding : new String[] {"rolebindings", "clusterrolebindings"}) {
      put(
          binding + ".rbac.authorization.k8s.io",
          Column.objectName(),
          Column.text(
              "Role", o -> Json.text(o, "roleRef", "kind") + "/" + Json.text(o, "roleRef", "name")),
          Column.age());
    }
  }

  private static void put(String bucket, Column... columns) {
    COLUMNS.put(bucket, List.of(columns));
  }

  private static String nodeStatus(JsonNode node) {
    String ready = "Unknown";
    for (JsonNode condition : node.path("status").path("conditions")) {
      if (Json.text(condition, "type").equals("Ready")) {
        ready = Json.text(condition, "status").equals("True") ? "Ready" : "NotReady";
      }
    }
    return ready
        + (node.path("spec").path("unschedulable").asBoolean() ? ",SchedulingDisabled" : "");
  }

  private static String roles(JsonNode node) {
    String prefix = "node-role.kubernetes.io/";
    String roles =
        node.path("metadata").path("labels").properties().stream()
            .map(Map.Entry::getKey)
            .filter(key -> key.startsWith(prefix))
            .map(key -> key.substring(prefix.length()))
            .sorted()
            .collect(Collectors.joining(","));
    return roles.isEmpty() ? "<none>" : roles;
  }

  private static String readyContainers(JsonNode pod) {
    long ready =
        StreamSupport.stream(pod.path("status").path("containerStatuses").spliterator(), false)
            .filter(status -> status.path("ready").asBoolean())
            .count();
    return ready + "/" + pod.path("spec").path("containers").size();
  }

  private static String podStatus(JsonNode pod) {
    if (pod.path("metadata").has("deletionTimestamp")) {
      return "Terminating";
    }
    for (JsonNode status : pod.path("status").path("containerStatuses")) {
      String waiting = Json.text(status, "state", "waiting", "reason");
      if (!waiting.isEmpty()) {
        return waiting;
      }
    }
    String reason = Json.text(pod, "status", "reason");
    return reason.isEmpty() ? Json.text(pod, "status", "phase") : reason;
  }

  private static String readyReplicas(JsonNode object) {
    return object.path("status").path("readyReplicas").asInt()
        + "/"
        + object.path("spec").path("replicas").asInt();
  }

  private static String ports(JsonNode service) {
    String ports =
        StreamSupport.stream(service.path("spec").path("ports").spliterator(), false)
            .map(p -> Json.text(p, "port") + "/" + Json.text(p, "protocol"))
            .collect(Collectors.joining(","));
    return ports.isEmpty() ? "<none>" : ports;
  }

  private static String labels(JsonNode labels) {
    String text =
        labels.properties().stream()
            .map(e -> e.getKey() + "=" + e.getValue().asText())
            .collect(Collectors.joining(","));
    return text.isEmpty() ? "<none>" : text;
  }

  private static int sum(JsonNode list, String field) {
    return StreamSupport.stream(list.spliterator(), false)
        .mapToInt(item -> item.path(field).asInt())
        .sum();
  }
}
