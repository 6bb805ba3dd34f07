package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.MeshSettings.ScraperPods;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.operator.plan.Placement;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The scraper: pulls the agents' windows, writes them to the store, shows the matrix. */
final class ScraperDeployment {
  private static final String ACTION_TOKENS = "action-tokens";
  private static final String ACTION_TOKENS_FOLDER = "/etc/llama-mesh/action-tokens";

  private ScraperDeployment() {}

  static Deployment of(Owner owner, MeshSettings mesh, PodSettings pods) {
    return new DeploymentBuilder()
        .withMetadata(owner.metadata(Names.scraper(owner.name()), Component.SCRAPER))
        .withNewSpec()
        .withReplicas(mesh.scraper().replicas())
        .withNewSelector()
        .withMatchLabels(Names.selector(owner.name(), Component.SCRAPER))
        .endSelector()
        .withNewTemplate()
        .withNewMetadata()
        .withLabels(Names.labels(owner.name(), Component.SCRAPER))
        .endMetadata()
        .withSpec(pod(owner, mesh, pods))
        .endTemplate()
        .endSpec()
        .build();
  }

  private static PodSpec pod(Owner owner, MeshSettings mesh, PodSettings pods) {
    ScraperPods scraper = mesh.scraper();
    ScraperStoreOptions store = ScraperStoreOptions.of(scraper.influxdb());
    List<Volume> volumes = new ArrayList<>(store.volumes());
    List<VolumeMount> mounts = new ArrayList<>(store.mounts());
    if (mesh.authentication()) {
      volumes.add(PodParts.auth(owner, pods.user(), mesh.keys().ofNodes()));
      mounts.add(PodParts.authMount(mesh.keys().ofNodes()));
    }
    if (mesh.registration() != null) {
      // Without its Secret a scraper still reads the nodes.
      volumes.add(RegistryObjects.token(mesh.registration(), true));
      mounts.add(RegistryObjects.tokenMount());
    }
    if (scraper.tokenSecret() != null) {
      volumes.add(PodParts.secret(ACTION_TOKENS, scraper.tokenSecret()));
      mounts.add(PodParts.mount(ACTION_TOKENS, ACTION_TOKENS_FOLDER, true));
    }
    return new PodSpecBuilder()
        .withServiceAccountName(Names.scraper(owner.name()))
        .withImagePullSecrets(PodParts.pullSecrets(mesh))
        .withTopologySpreadConstraints(
            TopologySpread.constraints(Names.selector(owner.name(), Component.SCRAPER)))
        .withNodeSelector(Placement.nodeSelector(scraper.nodeSelector()))
        .withTolerations(TopologySpread.tolerations(scraper.tolerations()))
        .withAffinity(scraper.affinity())
        .withPriorityClassName(scraper.priorityClassName())
        .withTerminationGracePeriodSeconds(30L)
        .withSecurityContext(PodParts.podSecurity(pods.user()))
        .withContainers(container(owner, scraper, args(owner, mesh, store), mounts, pods))
        .withVolumes(volumes)
        .build();
  }

  private static Container container(
      Owner owner,
      ScraperPods scraper,
      List<String> args,
      List<VolumeMount> mounts,
      PodSettings pods) {
    @Nullable ResourceRequirements resources = PodResources.SCRAPER.with(scraper.resources());
    return new ContainerBuilder()
        .withName("scraper")
        .withImage(pods.images().scraper())
        .withArgs(args)
        .withEnv(
            PodParts.literal("MESH_NAME", owner.name()),
            // What it makes itself, Lease and cursors, shall go with the mesh.
            PodParts.literal("MESH_UID", owner.uid()),
            PodParts.field("POD_NAME", "metadata.name"),
            PodParts.field("POD_NAMESPACE", "metadata.namespace"))
        .addAllToEnv(ScraperHeap.variables(resources))
        .addNewPort()
        .withName(ScraperPorts.PAGE)
        .withContainerPort(ScraperPorts.PAGE_PORT)
        .withProtocol("TCP")
        .endPort()
        .addNewPort()
        .withName(ScraperPorts.INGEST)
        .withContainerPort(ScraperPorts.INGEST_PORT)
        .withProtocol("TCP")
        .endPort()
        .withStartupProbe(PodParts.startup(ScraperPorts.PAGE))
        .withReadinessProbe(PodParts.http("/readyz", ScraperPorts.PAGE, 2, 3))
        .withLivenessProbe(PodParts.http("/healthz", ScraperPorts.PAGE, 10, 6))
        .withResources(resources)
        .withSecurityContext(PodParts.containerSecurity())
        .withTerminationMessagePolicy(PodParts.TERMINATION_MESSAGE_POLICY)
        .withVolumeMounts(mounts)
        .build();
  }

  private static List<String> args(Owner owner, MeshSettings mesh, ScraperStoreOptions store) {
    List<String> args = new ArrayList<>();
    args.add("scraper");
    // On all addresses: what kubectl port-forward opens comes in by the pod's loopback interface.
    args.add("--port=" + ScraperPorts.PAGE_PORT);
    args.add("--ingest-port=" + ScraperPorts.INGEST_PORT);
    // Ingresses and gateways give it names that nobody here knows.
    args.add("--host=*");
    args.add("--alert-loss-percent=" + percent(mesh.alerts().lossPercent()));
    args.add("--alert-rtt-p99=" + mesh.alerts().rttP99().text());
    args.add("--interval=" + mesh.collector().interval().text());
    args.add("--retention=" + mesh.collector().retention().text());
    // Whatever a pod says: there the mesh's token is shown.
    args.add("--agent-port=" + mesh.collector().apiPort());
    if (mesh.authentication()) {
      args.add(PodParts.authArgument());
    }
    if (mesh.registration() != null) {
      args.add("--and-registry=" + RegistryObjects.insideUrl(owner));
      args.add("--registry-token-file=" + RegistryObjects.TOKEN_FILE);
      args.add("--ingest-token-file=" + RegistryObjects.TOKEN_FILE);
    }
    if (mesh.scraper().tokenSecret() != null) {
      args.add("--action-token-file=" + ACTION_TOKENS_FOLDER + "/token");
    }
    if (mesh.keys().ofNodes()) {
      args.add("--node-keys");
    }
    args.addAll(store.args());
    return args;
  }

  /** A plain decimal, whatever quantity it was written as. */
  private static String percent(double percent) {
    return new BigDecimal(Double.toString(percent)).stripTrailingZeros().toPlainString();
  }
}
