package io.llamamesh.testkit.chart;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.testkit.junit.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** The operator's program with the arguments of the rendered Deployment. */
public final class InstalledOperator {
  /** What it looks for, from a module's folder. */
  public static final String CRD = "../crds/llamameshes.llamamesh.io-v1.yaml";

  /** Of its Deployment and its ServiceAccount. */
  public static final String NAME = "llama-mesh-operator";

  /** One right of each of its roles. */
  private static final List<String> NEEDED =
      List.of("list nodes", "create leases.coordination.k8s.io", "list llamameshes.llamamesh.io");

  private InstalledOperator() {}

  /**
   * Starts it with the token of its ServiceAccount, once the API server knows its rights.
   *
   * @param name of its log, and of its kubeconfig's file, in the folder
   * @param rendering applied before, in the test's namespace
   */
  public static Process start(TestCluster cluster, Path folder, String name, String rendering)
      throws IOException {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> cluster.rights(NAME).granted().containsAll(NEEDED));
    List<String> args =
        Chart.the(rendering, "Deployment", NAME)
            .at("/spec/template/spec/containers/0/args")
            .valueStream()
            .map(JsonNode::asText)
            // A port that nobody else on this machine may have.
            .map(arg -> arg.startsWith("--health-port=") ? "--health-port=0" : arg)
            .toList();
    Path file =
        Files.writeString(
            folder.resolve(name + ".kubeconfig"), cluster.serviceAccountKubeconfig(NAME));
    return Dist.start(
        "operator",
        folder,
        name,
        Map.of(
            "KUBECONFIG",
            file.toString(),
            "POD_NAME",
            "llama-mesh-" + name,
            "POD_NAMESPACE",
            cluster.namespace()),
        args);
  }
}
