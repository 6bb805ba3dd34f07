package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.crd.DurationText;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The objects by which Prometheus finds a mesh, for clusters that have the Prometheus Operator: a
 * PodMonitor of the agents, a ServiceMonitor of the scraper, a PrometheusRule with the alerts. Each
 * is a file beside this class with <code>${name}</code> in place of what differs from mesh to mesh.
 */
public final class PrometheusMonitors {
  /** The API that has these kinds. */
  public static final String API_VERSION = "monitoring.coreos.com/v1";

  /**
   * Domains of labels by which a tool knows what it put there: none of them put a monitor there,
   * and some remove what they think they once did.
   */
  private static final List<String> TOOLS =
      List.of(
          "argoproj.io",
          "fluxcd.io",
          "helm.sh",
          "k14s.io",
          "applyset.kubernetes.io",
          "config.k8s.io",
          "configsync.gke.io",
          "cattle.io",
          "skaffold.dev");

  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

  private PrometheusMonitors() {}

  /**
   * The objects.
   *
   * @param labels the mesh's own: they are handed on, since a Prometheus may look for some; but for
   *     those that tools know their own objects by
   */
  public static List<GenericKubernetesResource> of(
      Owner owner, MeshSettings mesh, Map<String, String> labels) {
    Map<String, String> values = values(owner, mesh);
    GenericKubernetesResource agents = read("pod-monitor.yaml", values);
    if (!mesh.authentication()) {
      withoutToken(agents);
    }
    List<GenericKubernetesResource> all = new ArrayList<>();
    all.add(owned(agents, owner, Component.AGENT, labels));
    all.add(owned(read("service-monitor.yaml", values), owner, Component.SCRAPER, labels));
    all.add(owned(read("prometheus-rule.yaml", values), owner, Component.SCRAPER, labels));
    return List.copyOf(all);
  }

  private static Map<String, String> values(Owner owner, MeshSettings mesh) {
    BigDecimal percent = new BigDecimal(Double.toString(mesh.alerts().lossPercent()));
    DurationText rtt = mesh.alerts().rttP99();
    return Map.of(
        "namespace", owner.namespace(),
        "mesh", owner.name(),
        "lossPercent", plain(percent),
        "loss", plain(percent.divide(HUNDRED)),
        "rtt", rtt.text(),
        "rttSeconds", plain(BigDecimal.valueOf(rtt.value().toNanos(), 9)),
        "retention", mesh.collector().retention().text());
  }

  private static String plain(BigDecimal number) {
    return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
  }

  private static GenericKubernetesResource read(String file, Map<String, String> values) {
    try (InputStream in =
        Objects.requireNonNull(PrometheusMonitors.class.getResourceAsStream(file), file)) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (Map.Entry<String, String> value : values.entrySet()) {
        text = text.replace("${" + value.getKey() + "}", value.getValue());
      }
      return Serialization.unmarshal(text, GenericKubernetesResource.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @SuppressWarnings("unchecked")
  private static void withoutToken(GenericKubernetesResource agents) {
    List<Map<String, Object>> endpoints = agents.get("spec", "podMetricsEndpoints");
    endpoints.forEach(endpoint -> endpoint.remove("authorization"));
  }

  private static GenericKubernetesResource owned(
      GenericKubernetesResource object,
      Owner owner,
      Component component,
      Map<String, String> labels) {
    Map<String, String> all = new TreeMap<>(labels);
    all.keySet().removeIf(PrometheusMonitors::isATools);
    all.putAll(Names.labels(owner.name(), component));
    object.setMetadata(owner.metadata(object.getMetadata().getName(), component));
    object.getMetadata().setLabels(all);
    return object;
  }

  private static boolean isATools(String label) {
    int slash = label.indexOf('/');
    String domain = slash < 0 ? "" : label.substring(0, slash);
    return label.equals("app.kubernetes.io/managed-by")
        || TOOLS.stream().anyMatch(tool -> domain.equals(tool) || domain.endsWith("." + tool));
  }
}
