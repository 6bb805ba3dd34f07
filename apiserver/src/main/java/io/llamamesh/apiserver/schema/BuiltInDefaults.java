package io.llamamesh.apiserver.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.llamamesh.apiserver.json.Json;
import java.util.HashMap;
import java.util.Map;

/**
 * The values that the API server sets in fields left out of built-in kinds, so that whoever
 * compares what it wrote with what is stored meets the same differences as on a cluster. By model
 * class and field.
 */
final class BuiltInDefaults {
  private static final Map<String, JsonNode> DEFAULTS = new HashMap<>();

  static {
    pods();
    workloads();
    put("ServicePort.protocol", "\"TCP\"");
    put("ServiceSpec.type", "\"ClusterIP\"");
    put("ServiceSpec.sessionAffinity", "\"None\"");
    put("ServiceSpec.internalTrafficPolicy", "\"Cluster\"");
    put("ServiceSpec.ipFamilyPolicy", "\"SingleStack\"");
    put("ServiceSpec.ipFamilies", "[\"IPv4\"]");
    put("NetworkPolicyPort.protocol", "\"TCP\"");
  }

  private BuiltInDefaults() {}

  /** The default as {@code {"default": …}}, or missing. */
  static JsonNode of(String owner, String field) {
    return DEFAULTS.getOrDefault(owner + "." + field, MissingNode.getInstance());
  }

  private static void pods() {
    put("ContainerPort.protocol", "\"TCP\"");
    put("Container.terminationMessagePath", "\"/dev/termination-log\"");
    put("Container.terminationMessagePolicy", "\"File\"");
    put("Container.resources", "{}");
    put("PodSpec.restartPolicy", "\"Always\"");
    put("PodSpec.dnsPolicy", "\"ClusterFirst\"");
    put("PodSpec.schedulerName", "\"default-scheduler\"");
    put("PodSpec.terminationGracePeriodSeconds", "30");
    put("PodSpec.securityContext", "{}");
    put("Probe.timeoutSeconds", "1");
    put("Probe.periodSeconds", "10");
    put("Probe.successThreshold", "1");
    put("Probe.failureThreshold", "3");
    put("HTTPGetAction.scheme", "\"HTTP\"");
    put("HTTPGetAction.path", "\"/\"");
    put("ObjectFieldSelector.apiVersion", "\"v1\"");
    put("ConfigMapVolumeSource.defaultMode", "420");
    put("SecretVolumeSource.defaultMode", "420");
    put("ProjectedVolumeSource.defaultMode", "420");
    put("DownwardAPIVolumeSource.defaultMode", "420");
    put("HostPathVolumeSource.type", "\"\"");
  }

  private static void workloads() {
    put("DaemonSetSpec.revisionHistoryLimit", "10");
    put("DaemonSetSpec.updateStrategy", "{\"rollingUpdate\":{}}");
    put("DaemonSetUpdateStrategy.type", "\"RollingUpdate\"");
    put("RollingUpdateDaemonSet.maxUnavailable", "1");
    put("RollingUpdateDaemonSet.maxSurge", "0");
    put("DeploymentSpec.replicas", "1");
    put("DeploymentSpec.revisionHistoryLimit", "10");
    put("DeploymentSpec.progressDeadlineSeconds", "600");
    put("DeploymentSpec.strategy", "{\"rollingUpdate\":{}}");
    put("DeploymentStrategy.type", "\"RollingUpdate\"");
    put("RollingUpdateDeployment.maxUnavailable", "\"25%\"");
    put("RollingUpdateDeployment.maxSurge", "\"25%\"");
    put("StatefulSetSpec.replicas", "1");
    put("StatefulSetSpec.revisionHistoryLimit", "10");
    put("StatefulSetSpec.podManagementPolicy", "\"OrderedReady\"");
  }

  private static void put(String field, String json) {
    DEFAULTS.put(field, Json.object().set("default", Json.own(json)));
  }
}
