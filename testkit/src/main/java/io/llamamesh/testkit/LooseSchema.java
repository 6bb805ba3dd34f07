package io.llamamesh.testkit;

import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;
import java.util.Objects;

/**
 * A stored CRD made looser, as an older release's may be: objects that it refuses can be stored.
 */
public final class LooseSchema {
  private LooseSchema() {}

  /**
   * Has a CRD take any object in a field of the spec. The server follows a moment after it has
   * stored it.
   *
   * @param crd name of one that is stored
   * @param field of the spec of its first version
   */
  public static void allowAnything(KubernetesClient client, String crd, String field) {
    Edits.edit(
        client.apiextensions().v1().customResourceDefinitions().withName(crd),
        stored -> {
          JSONSchemaProps anything = new JSONSchemaProps();
          anything.setType("object");
          anything.setXKubernetesPreserveUnknownFields(true);
          Map<String, JSONSchemaProps> fields =
              stored
                  .getSpec()
                  .getVersions()
                  .getFirst()
                  .getSchema()
                  .getOpenAPIV3Schema()
                  .getProperties();
          Objects.requireNonNull(fields.get("spec"), "spec").getProperties().put(field, anything);
          return stored;
        });
  }
}
