package io.llamamesh.chart;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The operator's program with the arguments of the rendered Deployment. */
final class InstalledOperator {
  private InstalledOperator() {}

  /**
   * Starts it.
   *
   * @param name of its log, and of its kubeconfig's file, in the folder
   */
  static Process start(Path folder, String name, String rendering, String kubeconfig)
      throws IOException {
    List<String> args =
        Chart.the(rendering, "Deployment", "llama-mesh-operator")
            .at("/spec/template/spec/containers/0/args")
            .valueStream()
            .map(JsonNode::asText)
            // A port that nobody else on this machine may have.
            .map(arg -> arg.startsWith("--health-port=") ? "--health-port=0" : arg)
            .toList();
    Path file = Files.writeString(folder.resolve(name + ".kubeconfig"), kubeconfig);
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
            Chart.NAMESPACE),
        args);
  }
}
