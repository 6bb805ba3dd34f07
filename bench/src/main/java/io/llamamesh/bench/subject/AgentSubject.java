package io.llamamesh.bench.subject;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.apiserver.FakeApiServer;
import io.llamamesh.bench.process.BenchFolder;
import io.llamamesh.bench.process.Child;
import io.llamamesh.crd.Names;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Whole agents, as the DaemonSet starts them: each watches the ConfigMap of its node. */
public final class AgentSubject implements AutoCloseable {

  private static final String NAMESPACE = "llama-mesh";
  private static final String MESH = "bench";
  private static final String NODE = "node-1";

  private final FakeApiServer server;
  private final BenchFolder workspace;
  private final Path kubeconfig;

  private AgentSubject(FakeApiServer server, BenchFolder workspace, Path kubeconfig) {
    this.server = server;
    this.workspace = workspace;
    this.kubeconfig = kubeconfig;
  }

  /** A Kubernetes API with the config of one node. */
  public static AgentSubject prepare(BenchFolder workspace, Targets targets) throws IOException {
    FakeApiServer server = FakeApiServer.start();
    try (KubernetesClient client = server.client("operator")) {
      client
          .resource(
              new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
          .create();
      client
          .resource(
              new ConfigMapBuilder()
                  .withNewMetadata()
                  .withName(Names.nodeConfigMap(MESH, NODE))
                  .withNamespace(NAMESPACE)
                  .endMetadata()
                  .addToData(Names.CONFIG_KEY, targets.document())
                  .build())
          .create();
      Path kubeconfig = Files.createTempFile(workspace.folder(), "kubeconfig-", "");
      Files.writeString(kubeconfig, server.kubeconfig("agent"));
      return new AgentSubject(server, workspace, kubeconfig);
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  /** Starts an agent, which the caller closes; its API's port is in its output. */
  public Child start() throws IOException {
    List<String> command = new ArrayList<>(BenchFolder.program("agent"));
    Path state = Files.createTempDirectory(workspace.folder(), "state-");
    command.addAll(
        List.of("agent", "--port=0", "--api-port=0", "--max-pps=100000", "--state-dir=" + state));
    return Child.start(
        "agent",
        command,
        Map.of(
            "KUBECONFIG",
            kubeconfig.toString(),
            "HOME",
            workspace.folder().toString(),
            "POD_NAMESPACE",
            NAMESPACE,
            "POD_NAME",
            "bench-agent",
            "MESH_NAME",
            MESH,
            "NODE_NAME",
            NODE,
            "HOST_IPS",
            "127.0.0.1"),
        workspace.folder());
  }

  @Override
  public void close() {
    server.close();
  }
}
