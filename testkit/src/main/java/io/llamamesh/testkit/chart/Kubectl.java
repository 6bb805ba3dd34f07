package io.llamamesh.testkit.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.llamamesh.testkit.ControlPlane;
import io.llamamesh.testkit.junit.TestCluster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What users do by kubectl. */
public final class Kubectl {
  private Kubectl() {}

  /** {@code kubectl apply --server-side --force-conflicts}; unknown fields are refused. */
  public static List<HasMetadata> apply(KubernetesClient client, String yaml) {
    return client
        .load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
        .items()
        .stream()
        .map(item -> apply(client, item))
        .toList();
  }

  /**
   * Runs the real one as somebody who may do everything; what it printed.
   *
   * @throws AssertionError where it fails, with its words
   */
  public static String run(TestCluster cluster, String... args)
      throws IOException, InterruptedException {
    ControlPlane plane = cluster.controlPlane();
    Path kubeconfig = Files.createTempFile("kubectl", ".yaml");
    try {
      Files.writeString(kubeconfig, plane.kubeconfig());
      List<String> line = new ArrayList<>(List.of(plane.program("kubectl").toString()));
      line.addAll(List.of("--kubeconfig", kubeconfig.toString()));
      line.addAll(List.of(args));
      Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(List.of(args) + ": " + said).isZero();
      return said;
    } finally {
      Files.delete(kubeconfig);
    }
  }

  private static HasMetadata apply(KubernetesClient client, HasMetadata item) {
    return client
        .resource(item)
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager("kubectl")
                .withForce(true)
                .withFieldValidation("Strict")
                .build(),
            item);
  }
}
