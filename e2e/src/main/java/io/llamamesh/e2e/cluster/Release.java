package io.llamamesh.e2e.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.e2e.machine.Subprocess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The chart's release in a namespace, by Helm's own engine. */
public final class Release {
  /** Name of the release, and of its namespace. */
  public static final String NAME = "llama-mesh";

  private static final String PROGRAM = "io.llamamesh.e2e.main.HelmMain";
  private static final Duration WITHIN = Duration.ofMinutes(6);

  private final String name;
  private final String kubeconfig;
  private final KubernetesClient client;

  /** The release in a cluster. */
  public Release(Cluster cluster) {
    this(cluster, NAME);
  }

  /**
   * A further release of the chart.
   *
   * @param name the release's, and of its namespace
   */
  public Release(Cluster cluster, String name) {
    this.name = name;
    this.kubeconfig = cluster.kubeconfig().toString();
    this.client = cluster.client();
  }

  /** {@code helm install}, without waiting for anything. */
  public void install(Path chart, Map<String, ?> values) throws IOException, InterruptedException {
    helm("install", chart, values);
  }

  /** {@code helm upgrade}, without waiting for anything. */
  public void upgrade(Path chart, Map<String, ?> values) throws IOException, InterruptedException {
    helm("upgrade", chart, values);
  }

  private void helm(String verb, Path chart, Map<String, ?> values)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of(verb, name, chart.toString(), kubeconfig));
    values.forEach((key, value) -> arguments.add(key + "=" + value));
    helm(arguments);
  }

  /** {@code helm test}. */
  public void test() throws IOException, InterruptedException {
    helm(List.of("test", name, kubeconfig));
  }

  /** {@code helm uninstall}; one that is not there is no mistake. */
  public void uninstall() throws IOException, InterruptedException {
    helm(List.of("uninstall", name, kubeconfig));
  }

  private static void helm(List<String> arguments) throws IOException, InterruptedException {
    List<String> line =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                PROGRAM));
    line.addAll(arguments);
    Subprocess.run(WITHIN, line);
  }

  /** Makes the namespace as the README says, if it is not there. */
  public void createNamespace() {
    client
        .namespaces()
        .resource(
            new io.fabric8.kubernetes.api.model.NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("pod-security.kubernetes.io/enforce", "privileged")
                .endMetadata()
                .build())
        .serverSideApply();
  }
}
