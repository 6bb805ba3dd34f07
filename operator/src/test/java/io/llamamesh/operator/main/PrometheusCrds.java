package io.llamamesh.operator.main;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;

/** The Prometheus Operator's kinds, for a server that has none of them. */
final class PrometheusCrds {
  /** What tests lock that make or take away these kinds, or count what operators write. */
  static final String KINDS = "kinds of monitoring.coreos.com";

  static final Map<String, String> PLURALS =
      Map.of(
          "PodMonitor", "podmonitors",
          "ServiceMonitor", "servicemonitors",
          "PrometheusRule", "prometheusrules");

  private PrometheusCrds() {}

  static void install(KubernetesClient client) {
    PLURALS.forEach((kind, plural) -> client.resource(definition(kind, plural)).create());
  }

  /** Waits until they are gone: they cannot be made anew before. */
  static void remove(KubernetesClient client) {
    PLURALS.forEach((kind, plural) -> client.resource(definition(kind, plural)).delete());
    PLURALS.forEach((kind, plural) ->
        ClusterUnderTest.await()
            .until(() -> client.resource(definition(kind, plural)).get() == null));
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
