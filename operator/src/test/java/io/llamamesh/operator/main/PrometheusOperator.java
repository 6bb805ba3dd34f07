package io.llamamesh.operator.main;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;

/** The Prometheus Operator's kinds, for a server that has none of them. */
final class PrometheusOperator {
  static final Map<String, String> PLURALS =
      Map.of(
          "PodMonitor", "podmonitors",
          "ServiceMonitor", "servicemonitors",
          "PrometheusRule", "prometheusrules");

  private PrometheusOperator() {}

  static void install(KubernetesClient client) {
    PLURALS.forEach((kind, plural) -> client.resource(definition(kind, plural)).create());
  }

  static void remove(KubernetesClient client) {
    PLURALS.forEach((kind, plural) -> client.resource(definition(kind, plural)).delete());
  }

  /** As open as can be: what is in these kinds is not ours to check. */
  private static CustomResourceDefinition definition(String kind, String plural) {
    return new CustomResourceDefinitionBuilder()
        .withNewMetadata()
        .withName(plural + ".monitoring.coreos.com")
        .endMetadata()
        .withNewSpec()
        .withGroup("monitoring.coreos.com")
        .withScope("Namespaced")
        .withNewNames()
        .withKind(kind)
        .withPlural(plural)
        .endNames()
        .addNewVersion()
        .withName("v1")
        .withServed(true)
        .withStorage(true)
        .withNewSchema()
        .withNewOpenAPIV3Schema()
        .withType("object")
        .withXKubernetesPreserveUnknownFields(true)
        .endOpenAPIV3Schema()
        .endSchema()
        .endVersion()
        .endSpec()
        .build();
  }
}
