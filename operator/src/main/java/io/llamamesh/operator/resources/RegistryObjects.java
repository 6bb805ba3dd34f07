package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.MeshSettings.RegistrationSettings;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.crd.RegistrationSpec.ServiceType;
import io.llamamesh.operator.plan.Placement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The registry of probes outside the cluster. One pod, since two would each know a part. Its
 * directory is in an {@code emptyDir}, which outlives a container; with the pod it is filled anew
 * by the probes' own registrations, and until it is, operator, scrapers and agents keep what they
 * have. It needs no right and no volume that a lost node could keep.
 */
final class RegistryObjects {
  /** Longer than the interval of our agents' registrations, and their pause after a failure. */
  private static final int SETTLE_SECONDS = 75;

  private static final String STATE = "state";
  private static final String STATE_FOLDER = "/var/lib/llama-mesh";
  private static final String NODES = "nodes";
  private static final String NODES_FOLDER = "/etc/llama-mesh/nodes";
  private static final String TOKEN = "registration";
  private static final String TOKEN_FOLDER = "/etc/llama-mesh/registration";
  private static final String TLS = "tls";
  private static final String TLS_FOLDER = "/etc/llama-mesh/tls";

  /** File with the token, in the pods of registry and scraper. */
  static final String TOKEN_FILE = TOKEN_FOLDER + "/token";

  private RegistryObjects() {}

  /** Its objects; none where there is no registration. */
  static List<HasMetadata> of(Owner owner, MeshSettings mesh, PodSettings pods) {
    RegistrationSettings registration = mesh.registration();
    if (registration == null) {
      return List.of();
    }
    return List.of(
        new ServiceAccountBuilder()
            .withMetadata(owner.metadata(Names.registry(owner.name()), Component.REGISTRY))
            .build(),
        outside(owner, registration),
        service(owner, insideName(owner), RegistryPorts.INSIDE, RegistryPorts.INSIDE_PORT),
        policy(owner),
        deployment(owner, mesh, registration, pods));
  }

  private static String insideName(Owner owner) {
    return Names.registry(owner.name()) + "-inside";
  }

  /** URL at which scrapers read it. */
  static String insideUrl(Owner owner) {
    return "http://"
        + insideName(owner)
        + "."
        + owner.namespace()
        + ".svc:"
        + RegistryPorts.INSIDE_PORT;
  }

  /** The token's volume: a pod that may do without starts without it. */
  static Volume token(RegistrationSettings registration, boolean optional) {
    return new VolumeBuilder()
        .withName(TOKEN)
        .withNewSecret()
        .withSecretName(registration.tokenSecret())
        // False is the server's zero value and would never come back.
        .withOptional(optional ? true : null)
        .endSecret()
        .build();
  }

  static VolumeMount tokenMount() {
    return PodParts.mount(TOKEN, TOKEN_FOLDER, true);
  }

  private static Service outside(Owner owner, RegistrationSettings registration) {
    Service service =
        service(
            owner,
            Names.registry(owner.name()),
            RegistryPorts.REGISTRY,
            registration.servicePort());
    service.getSpec().setType(registration.serviceType().text());
    if (registration.serviceType() != ServiceType.CLUSTER_IP) {
      // Else each probe would seem to come from a node, and would be registered there.
      service.getSpec().setExternalTrafficPolicy("Local");
    }
    return service;
  }

  private static Service service(Owner owner, String name, String portName, int port) {
    return new ServiceBuilder()
        .withMetadata(owner.metadata(name, Component.REGISTRY))
        .withNewSpec()
        .withSelector(Names.selector(owner.name(), Component.REGISTRY))
        .addNewPort()
        .withName(portName)
        .withPort(port)
        .withNewTargetPort(portName)
        .withProtocol("TCP")
        .endPort()
        .endSpec()
        .build();
  }

  /** Probes come from anywhere; the plain port is for pods of this cluster. */
  private static HasMetadata policy(Owner owner) {
    return new NetworkPolicyBuilder()
        .withMetadata(owner.metadata(Names.registry(owner.name()), Component.REGISTRY))
        .withNewSpec()
        .withNewPodSelector()
        .withMatchLabels(Names.selector(owner.name(), Component.REGISTRY))
        .endPodSelector()
        .withPolicyTypes("Ingress")
        .addNewIngress()
        .addNewPort()
        .withNewPort(RegistryPorts.REGISTRY)
        .withProtocol("TCP")
        .endPort()
        .endIngress()
        .addNewIngress()
        .addNewFrom()
        .withNewNamespaceSelector()
        .endNamespaceSelector()
        .endFrom()
        .addNewPort()
        .withNewPort(RegistryPorts.INSIDE)
        .withProtocol("TCP")
        .endPort()
        .endIngress()
        .endSpec()
        .build();
  }

  private static HasMetadata deployment(
      Owner owner, MeshSettings mesh, RegistrationSettings registration, PodSettings pods) {
    return new DeploymentBuilder()
        .withMetadata(owner.metadata(Names.registry(owner.name()), Component.REGISTRY))
        .withNewSpec()
        .withReplicas(1)
        .withNewStrategy()
        .withType("Recreate")
        .endStrategy()
        .withNewSelector()
        .withMatchLabels(Names.selector(owner.name(), Component.REGISTRY))
        .endSelector()
        .withNewTemplate()
        .withNewMetadata()
        .withLabels(Names.labels(owner.name(), Component.REGISTRY))
        .endMetadata()
        .withSpec(pod(owner, mesh, registration, pods))
        .endTemplate()
        .endSpec()
        .build();
  }

  private static PodSpec pod(
      Owner owner, MeshSettings mesh, RegistrationSettings registration, PodSettings pods) {
    List<Volume> volumes = new ArrayList<>();
    volumes.add(PodParts.emptyDir(STATE, "256Mi"));
    volumes.add(
        new VolumeBuilder()
            .withName(NODES)
            .withNewConfigMap()
            .withName(Names.registry(owner.name()))
            .addNewItem()
            .withKey(Names.NODES_KEY)
            .withPath(Names.NODES_KEY)
            .endItem()
            .endConfigMap()
            .build());
    volumes.add(token(registration, false));
    List<VolumeMount> mounts = new ArrayList<>();
    mounts.add(PodParts.mount(STATE, STATE_FOLDER, false));
    mounts.add(PodParts.mount(NODES, NODES_FOLDER, true));
    mounts.add(tokenMount());
    if (registration.tlsSecret() != null) {
      volumes.add(PodParts.secret(TLS, registration.tlsSecret()));
      mounts.add(PodParts.mount(TLS, TLS_FOLDER, true));
    }
    return new PodSpecBuilder()
        .withServiceAccountName(Names.registry(owner.name()))
        // It asks the API server for nothing.
        .withAutomountServiceAccountToken(false)
        .withImagePullSecrets(PodParts.pullSecrets(mesh))
        .withNodeSelector(Placement.nodeSelector(Map.of()))
        .withTolerations(TopologySpread.tolerations(List.of()))
        .withTerminationGracePeriodSeconds(30L)
        .withSecurityContext(PodParts.podSecurity(pods.user()))
        .withContainers(container(mesh, registration, mounts, pods))
        .withVolumes(volumes)
        .build();
  }

  private static Container container(
      MeshSettings mesh,
      RegistrationSettings registration,
      List<VolumeMount> mounts,
      PodSettings pods) {
    return new ContainerBuilder()
        .withName("registry")
        .withImage(pods.images().registry())
        .withArgs(args(mesh, registration))
        .addNewPort()
        .withName(RegistryPorts.REGISTRY)
        .withContainerPort(RegistryPorts.REGISTRY_PORT)
        .withProtocol("TCP")
        .endPort()
        .addNewPort()
        .withName(RegistryPorts.INSIDE)
        .withContainerPort(RegistryPorts.INSIDE_PORT)
        .withProtocol("TCP")
        .endPort()
        .withStartupProbe(PodParts.startup(RegistryPorts.INSIDE))
        .withReadinessProbe(PodParts.http("/readyz", RegistryPorts.INSIDE, 2, 3))
        .withLivenessProbe(PodParts.http("/healthz", RegistryPorts.INSIDE, 10, 6))
        .withResources(PodResources.REGISTRY.with(null))
        .withSecurityContext(PodParts.containerSecurity())
        .withTerminationMessagePolicy(PodParts.TERMINATION_MESSAGE_POLICY)
        .withVolumeMounts(mounts)
        .build();
  }

  private static List<String> args(MeshSettings mesh, RegistrationSettings registration) {
    List<String> args = new ArrayList<>();
    args.add("registry");
    args.add("--host=0.0.0.0");
    args.add("--port=" + RegistryPorts.REGISTRY_PORT);
    args.add("--inside-port=" + RegistryPorts.INSIDE_PORT);
    args.add("--token-file=" + TOKEN_FILE);
    if (registration.tlsSecret() != null) {
      args.add("--tls-cert=" + TLS_FOLDER + "/tls.crt");
      args.add("--tls-key=" + TLS_FOLDER + "/tls.key");
    }
    args.add("--state-dir=" + STATE_FOLDER);
    args.add("--settle=" + SETTLE_SECONDS);
    args.add("--nodes-file=" + NODES_FOLDER + "/" + Names.NODES_KEY);
    args.add("--group=" + registration.groups().getFirst());
    args.add("--keepalive=" + registration.keepalive().value().toSeconds());
    args.add("--interval=" + Math.max(1, mesh.collector().interval().value().toSeconds()));
    args.add("--max-probes=" + registration.maxProbes());
    args.add("--max-probes-per-address=" + registration.maxProbes());
    args.add("--max-targets=" + mesh.topology().maxPeers());
    args.add("--allowed-networks=" + String.join(",", registration.allowedNetworks()));
    return args;
  }
}
