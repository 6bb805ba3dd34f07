package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.AffinityBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ContainerPortBuilder;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.MeshSettings.AgentPods;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.operator.plan.Placement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The agents: one pod on every node, on the host's network.
 *
 * <p>Any change of the pod template restarts every agent, so nothing goes into it that an agent
 * could learn from its config: groups, classes and probes are not here.
 */
final class AgentDaemonSet {
  private static final String STATE = "/var/lib/llama-mesh";
  private static final int USUAL_GRACE_SECONDS = 60;
  private static final int LONG_GRACE_SECONDS = 150;
  private static final long LONG_TIMEOUT_SECONDS = 15;

  private AgentDaemonSet() {}

  static DaemonSet of(Owner owner, MeshSettings mesh, PodSettings pods) {
    return new DaemonSetBuilder()
        .withMetadata(owner.metadata(Names.agent(owner.name()), Component.AGENT))
        .withNewSpec()
        .withNewSelector()
        .withMatchLabels(Names.selector(owner.name(), Component.AGENT))
        .endSelector()
        .withNewUpdateStrategy()
        .withType("RollingUpdate")
        .withNewRollingUpdate()
        .withMaxUnavailable(mesh.agent().maxUnavailable())
        .endRollingUpdate()
        .endUpdateStrategy()
        .withNewTemplate()
        .withNewMetadata()
        .withLabels(Names.labels(owner.name(), Component.AGENT))
        .endMetadata()
        .withSpec(pod(owner, mesh, pods))
        .endTemplate()
        .endSpec()
        .build();
  }

  private static PodSpec pod(Owner owner, MeshSettings mesh, PodSettings pods) {
    AgentPods agent = mesh.agent();
    return new PodSpecBuilder()
        .withHostNetwork(true)
        .withDnsPolicy("ClusterFirstWithHostNet")
        .withServiceAccountName(Names.agent(owner.name()))
        .withImagePullSecrets(PodParts.pullSecrets(mesh))
        .withNodeSelector(Placement.nodeSelector(agent.nodeSelector()))
        .withAffinity(realNodes())
        .withTolerations(agent.tolerations())
        .withPriorityClassName(agent.priorityClassName())
        .withTerminationGracePeriodSeconds((long) graceSeconds(mesh))
        .withSecurityContext(PodParts.podSecurity(pods.user()))
        .withContainers(container(owner, mesh, pods))
        .withVolumes(volumes(owner, mesh, pods))
        .build();
  }

  private static Container container(Owner owner, MeshSettings mesh, PodSettings pods) {
    AgentPods agent = mesh.agent();
    return new ContainerBuilder()
        .withName("agent")
        .withImage(agent.image() == null ? pods.images().agent() : agent.image())
        .withImagePullPolicy(
            agent.imagePullPolicy() == null ? null : agent.imagePullPolicy().name())
        .withArgs(args(mesh))
        .withEnv(
            PodParts.field("NODE_NAME", "spec.nodeName"),
            PodParts.field("POD_NAME", "metadata.name"),
            PodParts.field("POD_NAMESPACE", "metadata.namespace"),
            PodParts.literal("MESH_NAME", owner.name()),
            PodParts.field("HOST_IPS", "status.hostIPs"))
        // With the host's network a container port is a host port too: the scheduler refuses a
        // second mesh on it.
        .withPorts(ports(mesh))
        .withStartupProbe(PodParts.startup(Names.API_PORT))
        .withReadinessProbe(PodParts.http("/readyz", Names.API_PORT, 2, 3))
        // A minute of silence of the process itself, never of the network: both are on this node.
        .withLivenessProbe(PodParts.http("/healthz", Names.API_PORT, 10, 6))
        .withResources(PodResources.AGENT.with(agent.resources()))
        .withSecurityContext(PodParts.containerSecurity())
        .withTerminationMessagePolicy(PodParts.TERMINATION_MESSAGE_POLICY)
        .withVolumeMounts(mounts(mesh))
        .build();
  }

  private static List<ContainerPort> ports(MeshSettings mesh) {
    List<ContainerPort> ports = new ArrayList<>();
    ports.add(port(Names.PROBE_PORT, mesh.reflector().port(), "UDP"));
    ports.add(port(Names.API_PORT, mesh.collector().apiPort(), "TCP"));
    if (mesh.fabric().enabled()) {
      ports.add(port(Names.FABRIC_TCP_PORT, mesh.fabric().port(), "TCP"));
      ports.add(port(Names.FABRIC_UDP_PORT, mesh.fabric().port(), "UDP"));
    }
    return ports;
  }

  private static ContainerPort port(String name, int port, String protocol) {
    return new ContainerPortBuilder()
        .withName(name)
        .withContainerPort(port)
        .withHostPort(port)
        .withProtocol(protocol)
        .build();
  }

  private static List<String> args(MeshSettings mesh) {
    List<String> args = new ArrayList<>();
    args.add("agent");
    args.add("--port=" + mesh.reflector().port());
    args.add("--api-port=" + mesh.collector().apiPort());
    args.add("--max-pps=" + mesh.reflector().maxPacketsPerSecond());
    args.add("--state-dir=" + STATE);
    if (mesh.authentication()) {
      args.add(PodParts.authArgument());
      networks(args, "--accept-unkeyed", mesh.reflector().acceptUnkeyed());
      networks(args, "--accept-unauthenticated", mesh.collector().acceptUnauthenticated());
    }
    return args;
  }

  private static void networks(List<String> args, String option, List<String> networks) {
    if (!networks.isEmpty()) {
      args.add(option + "=" + String.join(",", networks));
    }
  }

  private static List<Volume> volumes(Owner owner, MeshSettings mesh, PodSettings pods) {
    Volume state = PodParts.emptyDir("state", "1Gi");
    return mesh.authentication()
        ? List.of(state, PodParts.agentAuth(owner, pods.user(), mesh))
        : List.of(state);
  }

  private static List<VolumeMount> mounts(MeshSettings mesh) {
    VolumeMount state = PodParts.mount("state", STATE, false);
    return mesh.authentication() ? List.of(state, PodParts.agentAuthMount(mesh)) : List.of(state);
  }

  private static Affinity realNodes() {
    List<NodeSelectorRequirement> requirements =
        Placement.VIRTUAL_NODES.entrySet().stream()
            .map(e -> new NodeSelectorRequirement(e.getKey(), "NotIn", e.getValue()))
            .sorted(Comparator.comparing(NodeSelectorRequirement::getKey))
            .toList();
    return new AffinityBuilder()
        .withNewNodeAffinity()
        .withNewRequiredDuringSchedulingIgnoredDuringExecution()
        .addNewNodeSelectorTerm()
        .withMatchExpressions(requirements)
        .endNodeSelectorTerm()
        .endRequiredDuringSchedulingIgnoredDuringExecution()
        .endNodeAffinity()
        .build();
  }

  /**
   * Time to drain: up to 30 s until peers know, the last probes' timeout, the hand-over of unread
   * windows. Two steps only, since a change restarts every agent.
   */
  private static int graceSeconds(MeshSettings mesh) {
    long slowest =
        mesh.ports().stream().mapToLong(c -> c.timeout().value().toSeconds()).max().orElseThrow();
    return slowest > LONG_TIMEOUT_SECONDS ? LONG_GRACE_SECONDS : USUAL_GRACE_SECONDS;
  }
}
