package io.llamamesh.chart;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What users do by kubectl. */
final class Kubectl {
  private Kubectl() {}

  /** {@code kubectl apply --server-side --force-conflicts}; unknown fields are refused. */
  static List<HasMetadata> apply(KubernetesClient client, String yaml) {
    return client
        .load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
        .items()
        .stream()
        .map(item -> apply(client, item))
        .toList();
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
