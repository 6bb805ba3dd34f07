package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.llamamesh.auth.KeyRing;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.keys.KeyDerivation;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The Secret of the masters from which a mesh's keys of nodes follow. No pod mounts it: who has a
 * master has the keys of all.
 */
public final class MastersSecret {
  private static final String ENTRY = "masters.json";

  private MastersSecret() {}

  /** The Secret with these. */
  public static Secret of(Owner owner, @Nullable String rotation, KeyRing masters) {
    return new SecretBuilder()
        .withMetadata(
            owner.metadata(
                Names.mastersSecret(owner.name()),
                Component.AGENT,
                rotation == null ? Map.of() : Map.of(Names.ROTATE_ANNOTATION, rotation)))
        .withType("Opaque")
        .withData(Map.of(ENTRY, Base64.getEncoder().encodeToString(masters.toJson())))
        .build();
  }

  /** Whether a Secret of that name is the mesh's. */
  public static boolean isOf(Owner owner, Secret secret) {
    return Ownership.isOurs(secret, of(owner, null, new KeyRing(List.of())));
  }

  /**
   * Reads them.
   *
   * @throws IllegalArgumentException where they cannot be read
   */
  public static KeyRing masters(Secret secret) {
    KeyRing ring = AuthSecret.ring(secret, ENTRY);
    for (KeyRing.Entry master : ring.entries()) {
      if (!hasLength(master)) {
        throw new IllegalArgumentException(
            "Secret "
                + secret.getMetadata().getName()
                + ": master "
                + master.id()
                + " is not "
                + KeyDerivation.MASTER_BYTES
                + " bytes in base64; delete the Secret to have a new one made");
      }
    }
    return ring;
  }

  private static boolean hasLength(KeyRing.Entry master) {
    try {
      return Base64.getDecoder().decode(master.key()).length == KeyDerivation.MASTER_BYTES;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** A source of new masters. */
  public static IntFunction<String> random(SecureRandom random) {
    return id -> {
      byte[] master = new byte[KeyDerivation.MASTER_BYTES];
      random.nextBytes(master);
      return Base64.getEncoder().encodeToString(master);
    };
  }
}
