package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The token of a mesh's registry, from the Secret that the mesh names: read by its name, since the
 * right to list would be the right to read every Secret.
 *
 * @param namespace the mesh's
 * @param secret name of the Secret
 */
public record RegistryToken(KubernetesClient client, String namespace, String secret) {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryToken.class);
  private static final String ENTRY = "token";

  /** The first token of its entry; null where it cannot be read. */
  public @Nullable String read() {
    try {
      Secret found = client.secrets().inNamespace(namespace).withName(secret).get();
      String encoded = found == null || found.getData() == null ? null : found.getData().get(ENTRY);
      return encoded == null
          ? null
          : new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8)
              .lines()
              .map(String::strip)
              .filter(line -> !line.isEmpty() && !line.startsWith("#"))
              .findFirst()
              .orElse(null);
    } catch (KubernetesClientException | IllegalArgumentException e) {
      LOG.debug("token of the registry not read secret={}", secret, e);
      return null;
    }
  }
}
