package io.llamamesh.apiserver.schema;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How lists and objects of the built-in kinds merge, which only the API server's own documents say
 * (listType, listMapKey, mapType). Lists not named here merge as one value, as there.
 */
final class MergeMarkers {
  /** How one list merges. */
  record Marker(Schema.ListKind kind, List<String> keys) {}

  private static final Marker ATOMIC = new Marker(Schema.ListKind.ATOMIC, List.of());
  private static final Map<String, Marker> LISTS = new HashMap<>();
  private static final Set<String> ATOMIC_OBJECTS = new HashSet<>();

  static {
    set("ObjectMeta.finalizers", "NamespaceSpec.finalizers", "NodeSpec.podCIDRs");
    map("uid", "ObjectMeta.ownerReferences");
    map(
        "name",
        "PodSpec.containers",
        "PodSpec.initContainers",
        "PodSpec.ephemeralContainers",
        "PodSpec.volumes",
        "PodSpec.imagePullSecrets",
        "PodSpec.schedulingGates",
        "PodSpec.resourceClaims");
    map("ip", "PodSpec.hostAliases", "PodStatus.podIPs");
    LISTS.put(
        "PodSpec.topologySpreadConstraints",
        new Marker(Schema.ListKind.MAP, List.of("topologyKey", "whenUnsatisfiable")));
    for (String container : List.of("Container", "EphemeralContainer")) {
      map("name", container + ".env");
      map("mountPath", container + ".volumeMounts");
      map("devicePath", container + ".volumeDevices");
      LISTS.put(
          container + ".ports",
          new Marker(Schema.ListKind.MAP, List.of("containerPort", "protocol")));
    }
    map("name", "ResourceRequirements.claims", "ServiceAccount.secrets");
    LISTS.put("ServiceSpec.ports", new Marker(Schema.ListKind.MAP, List.of("port", "protocol")));
    map(
        "type",
        "PodStatus.conditions",
        "NodeStatus.conditions",
        "NodeStatus.addresses",
        "NamespaceStatus.conditions",
        "ServiceStatus.conditions",
        "DaemonSetStatus.conditions",
        "DeploymentStatus.conditions",
        "ReplicaSetStatus.conditions",
        "StatefulSetStatus.conditions",
        "PodDisruptionBudgetStatus.conditions",
        "PersistentVolumeClaimStatus.conditions",
        "CustomResourceDefinitionStatus.conditions");
    map("name", "CustomResourceDefinitionSpec.versions");
    ATOMIC_OBJECTS.addAll(
        List.of(
            "LabelSelector",
            "NodeSelector",
            "NodeSelectorTerm",
            "ObjectReference",
            "LocalObjectReference",
            "TypedLocalObjectReference",
            "SecretReference",
            "ConfigMapKeySelector",
            "SecretKeySelector",
            "ObjectFieldSelector",
            "ResourceFieldSelector",
            "OwnerReference",
            "RoleRef",
            "Subject",
            "PodSpec.nodeSelector",
            "ServiceSpec.selector",
            "ReplicationControllerSpec.selector"));
  }

  private MergeMarkers() {}

  static Marker of(String owner, String field) {
    return LISTS.getOrDefault(owner + "." + field, ATOMIC);
  }

  /** Whether a model class (empty field), or a map in one, is replaced as a whole. */
  static boolean isAtomic(String owner, String field) {
    return ATOMIC_OBJECTS.contains(field.isEmpty() ? owner : owner + "." + field);
  }

  private static void set(String... fields) {
    for (String field : fields) {
      LISTS.put(field, new Marker(Schema.ListKind.SET, List.of()));
    }
  }

  private static void map(String key, String... fields) {
    for (String field : fields) {
      LISTS.put(field, new Marker(Schema.ListKind.MAP, List.of(key)));
    }
  }
}
