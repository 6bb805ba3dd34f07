package io.llamamesh.operator.keys;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The Secret of the server's authority, in the operator's namespace: the same for replicas of the
 * operator and after restarts, so that pods need not learn another one. For one thread.
 */
final class AuthorityStore {
  private static final String ENTRY = "authorities";

  private final KubernetesClient client;
  private final String namespace;
  private final String name;
  private final SecureRandom random;

  AuthorityStore(KubernetesClient client, String namespace, String name, SecureRandom random) {
    this.client = client;
    this.namespace = namespace;
    this.name = name;
    this.random = random;
  }

  /**
   * The authority as it is there; made where it is missing, renewed where its end is near.
   *
   * @throws KubernetesClientException where the API server refuses
   * @throws IOException where what is there cannot be used; it is never overwritten then
   */
  ServerAuthority load(Instant now) throws IOException {
    try {
      Secret there = get();
      if (there == null) {
        try {
          ServerAuthority first = ServerAuthority.first(now, random);
          client.resource(secret(first)).create();
          return first;
        } catch (KubernetesClientException e) {
          there = e.getCode() == HttpURLConnection.HTTP_CONFLICT ? get() : null;
          if (there == null) {
            throw e;
          }
        }
      }
      ServerAuthority read = parse(there);
      if (!read.isRenewalDue(now)) {
        return read;
      }
      ServerAuthority next = read.renewed(now, random);
      Secret update = secret(next);
      // Of two renewals at once the second fails, and reads the first one's next time.
      update.getMetadata().setResourceVersion(there.getMetadata().getResourceVersion());
      client.resource(update).update();
      return next;
    } catch (GeneralSecurityException e) {
      throw new IOException(
          "Secret "
              + namespace
              + "/"
              + name
              + " cannot be used: "
              + e.getMessage()
              + "; delete it to have another one made",
          e);
    }
  }

  private @Nullable Secret get() {
    return client.secrets().inNamespace(namespace).withName(name).get();
  }

  private static ServerAuthority parse(Secret secret) throws GeneralSecurityException {
    String encoded = secret.getData() == null ? null : secret.getData().get(ENTRY);
    if (encoded == null) {
      throw new GeneralSecurityException("entry " + ENTRY + " is missing");
    }
    byte[] text;
    try {
      text = Base64.getDecoder().decode(encoded);
    } catch (IllegalArgumentException e) {
      throw new GeneralSecurityException("entry " + ENTRY + " is not base64");
    }
    return ServerAuthority.parse(new String(text, StandardCharsets.US_ASCII));
  }

  private Secret secret(ServerAuthority authority) {
    byte[] text = authority.text().getBytes(StandardCharsets.US_ASCII);
    return new SecretBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(namespace)
        .withLabels(
            Map.of(
                "app.kubernetes.io/name",
                "llama-mesh",
                "app.kubernetes.io/managed-by",
                "llama-mesh-operator"))
        .endMetadata()
        .withType("Opaque")
        .withData(Map.of(ENTRY, Base64.getEncoder().encodeToString(text)))
        .build();
  }
}
