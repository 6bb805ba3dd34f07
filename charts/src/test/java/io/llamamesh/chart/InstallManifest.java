package io.llamamesh.chart;

import com.marcnuri.helm.Helm;
import io.llamamesh.testkit.chart.Chart;
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
    return HEAD + crd + objects(Chart.helm());
  }

  /** What a chart renders with its defaults, as a manifest that is nobody's release. */
  static String objects(Helm chart) {
    return Chart.render(chart, Map.of())
        .replaceAll("(?m)^# Source: .*\n", "")
        .replaceAll("(?m)^ +app.kubernetes.io/managed-by: Helm\n", "")
        .replaceAll("(?m)^ +helm.sh/chart: .*\n", "");
  }
}
