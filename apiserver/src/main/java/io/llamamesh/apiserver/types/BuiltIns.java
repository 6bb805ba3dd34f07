package io.llamamesh.apiserver.types;

import com.fasterxml.jackson.databind.node.MissingNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.LimitRange;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.api.model.ReplicationController;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClass;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.llamamesh.apiserver.schema.ModelSchemas;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The built-in resources: those that a mesh, its operator, and a person looking at them meet. */
final class BuiltIns {
  private static final String NS = "namespaced";
  private static final String STATUS = "status";
  private static final String GENERATION = "generation";

  /** What {@code kubectl get all} means. */
  private static final Set<String> IN_ALL =
      Set.of(
          "pods",
          "replicationcontrollers",
          "services",
          "daemonsets",
          "deployments",
          "replicasets",
          "statefulsets",
          "jobs",
          "cronjobs");

  private final List<ResourceType> types = new ArrayList<>();

  private BuiltIns() {}

  static List<ResourceType> all() {
    BuiltIns all = new BuiltIns();
    all.core();
    all.others();
    return all.types;
  }

  private void core() {
    add("", "v1", "namespaces", "ns", Namespace.class, STATUS);
    add("", "v1", "nodes", "no", Node.class, STATUS);
    add("", "v1", "pods", "po", Pod.class, NS, STATUS);
    add("", "v1", "services", "svc", Service.class, NS, STATUS);
    add("", "v1", "endpoints", "ep", Endpoints.class, NS);
    add("", "v1", "configmaps", "cm", ConfigMap.class, NS);
    add("", "v1", "secrets", "", Secret.class, NS);
    add("", "v1", "serviceaccounts", "sa", ServiceAccount.class, NS);
    add("", "v1", "events", "ev", Event.class, NS);
    add("", "v1", "persistentvolumes", "pv", PersistentVolume.class, STATUS);
    add("", "v1", "persistentvolumeclaims", "pvc", PersistentVolumeClaim.class, NS, STATUS);
    add("", "v1", "podtemplates", "", PodTemplate.class, NS);
    add("", "v1", "limitranges", "limits", LimitRange.class, NS);
    add("", "v1", "resourcequotas", "quota", ResourceQuota.class, NS, STATUS);
    add(
        "",
        "v1",
        "replicationcontrollers",
        "rc",
        ReplicationController.class,
        NS,
        STATUS,
        GENERATION);
  }

  private void others() {
    add("apps", "v1", "daemonsets", "ds", DaemonSet.class, NS, STATUS, GENERATION);
    add("apps", "v1", "deployments", "deploy", Deployment.class, NS, STATUS, GENERATION);
    add("apps", "v1", "replicasets", "rs", ReplicaSet.class, NS, STATUS, GENERATION);
    add("apps", "v1", "statefulsets", "sts", StatefulSet.class, NS, STATUS, GENERATION);
    add("apps", "v1", "controllerrevisions", "", ControllerRevision.class, NS);
    add("batch", "v1", "jobs", "", Job.class, NS, STATUS, GENERATION);
    add("batch", "v1", "cronjobs", "cj", CronJob.class, NS, STATUS, GENERATION);
    add("coordination.k8s.io", "v1", "leases", "", Lease.class, NS);
    add("discovery.k8s.io", "v1", "endpointslices", "", EndpointSlice.class, NS, GENERATION);
    add(
        "events.k8s.io",
        "v1",
        "events",
        "ev",
        io.fabric8.kubernetes.api.model.events.v1.Event.class,
        NS);
    String networking = "networking.k8s.io";
    add(networking, "v1", "ingresses", "ing", Ingress.class, NS, STATUS, GENERATION);
    add(networking, "v1", "networkpolicies", "netpol", NetworkPolicy.class, NS, GENERATION);
    add(
        "policy",
        "v1",
        "poddisruptionbudgets",
        "pdb",
        PodDisruptionBudget.class,
        NS,
        STATUS,
        GENERATION);
    String rbac = "rbac.authorization.k8s.io";
    add(rbac, "v1", "roles", "", Role.class, NS);
    add(rbac, "v1", "rolebindings", "", RoleBinding.class, NS);
    add(rbac, "v1", "clusterroles", "", ClusterRole.class);
    add(rbac, "v1", "clusterrolebindings", "", ClusterRoleBinding.class);
    add("scheduling.k8s.io", "v1", "priorityclasses", "pc", PriorityClass.class, GENERATION);
    add("storage.k8s.io", "v1", "storageclasses", "sc", StorageClass.class);
    add(
        "apiextensions.k8s.io",
        "v1",
        "customresourcedefinitions",
        "crd",
        CustomResourceDefinition.class,
        STATUS,
        GENERATION);
  }

  private void add(
      String group,
      String version,
      String plural,
      String shortName,
      Class<?> model,
      String... has) {
    List<String> traits = List.of(has);
    String kind = model.getSimpleName();
    types.add(
        new ResourceType(
            group,
            version,
            plural,
            kind.toLowerCase(Locale.ROOT),
            kind,
            shortName.isEmpty() ? List.of() : List.of(shortName),
            IN_ALL.contains(plural) ? List.of("all") : List.of(),
            traits.contains(NS),
            traits.contains(STATUS),
            traits.contains(GENERATION),
            false,
            ModelSchemas.of(model),
            MissingNode.getInstance()));
  }
}
