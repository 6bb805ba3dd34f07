package io.llamamesh.chart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** {@code examples/install.yaml}: the chart's default rendering for whoever has no Helm. */
final class InstallManifest {
  static final Path FILE = Chart.ROOT.resolve("examples/install.yaml");

  private static final String HEAD =
      """
      # llama-mesh without Helm: namespace, CRD, and the chart rendered with its defaults. Made by the build; not edited by hand.
      #   kubectl apply --server-side -f examples/install.yaml
      # There is no LlamaMesh in it, since its kind is known only after this: apply one of examples/meshes next.
      apiVersion: v1
      kind: Namespace
      metadata:
        name: llama-mesh
        labels:
          # Agents use the host's network.
          pod-security.kubernetes.io/enforce: privileged
      ---
      """;

  private InstallManifest() {}

  static String rendered() throws IOException {
    String crd = Files.readString(Chart.FOLDER.resolve("crds/llamameshes.llamamesh.io-v1.yaml"));
    String objects =
        Chart.render(Map.of())
            // Nobody's release.
            .replaceAll("(?m)^# Source: .*\n", "")
            .replaceAll("(?m)^ +app.kubernetes.io/managed-by: Helm\n", "")
            .replaceAll("(?m)^ +helm.sh/chart: .*\n", "");
    return HEAD + crd + objects;
  }
}
