package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.llamamesh.auth.KeyRing;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The Secret that agents and scraper of a mesh know each other by: {@code keys.json} for probes (16
 * bytes each, SipHash's), {@code tokens.json} for the agents' API (32 bytes each). {@code
 * metrics-token} is the token that is shown now, alone, for what can only read a plain one:
 * Prometheus.
 *
 * <p>Created once; a rotation adds to it. Where it is lost, or replaced by one from a backup, what
 * its parts knew until then is still taken for a while: they do not learn of it all at once.
 */
public final class AuthSecret {
  /** Entry with the token that is shown now. */
  static final String METRICS_TOKEN = "metrics-token";

  private static final int KEY_BYTES = 16;
  private static final int TOKEN_BYTES = 32;

  private static final int MAX_ID = 255;

  private AuthSecret() {}

  /** The rings of a Secret, as they were when it was last seen. */
  public record Rings(KeyRing keys, KeyRing tokens) {
    /**
     * Those of a Secret.
     *
     * @throws IllegalArgumentException where it cannot be read
     */
    public static Rings of(Secret secret) {
      return new Rings(ring(secret, KeyRing.KEYS_FILE), ring(secret, KeyRing.TOKENS_FILE));
    }
  }

  /**
   * A first one.
   *
   * @param rotation the mesh's {@link Names#ROTATE_ANNOTATION}, which this one satisfies
   */
  public static Secret first(
      Owner owner, @Nullable String rotation, Instant now, SecureRandom random) {
    return secret(
        owner,
        rotation,
        KeyRing.first(randomFirstId(random), now, id -> random(random, KEY_BYTES)),
        KeyRing.first(randomFirstId(random), now, id -> random(random, TOKEN_BYTES)),
        now);
  }

  /** There may have been a ring that nobody here has seen: its numbers had best not come again. */
  private static int randomFirstId(SecureRandom random) {
    return 1 + random.nextInt(MAX_ID);
  }

  /** In place of one that is gone: a new key and token, beside what it had. */
  public static Secret replaced(
      Rings lost, Owner owner, @Nullable String rotation, Instant now, SecureRandom random) {
    return secret(
        owner,
        rotation,
        lost.keys().replaced(now, id -> random(random, KEY_BYTES)),
        lost.tokens().replaced(now, id -> random(random, TOKEN_BYTES)),
        now);
  }

  /**
   * The Secret with what was taken before somebody else wrote it, or null where that is all there.
   *
   * @throws IllegalArgumentException where it cannot be read
   */
  public static @Nullable Secret completed(Secret secret, Rings before, Owner owner, Instant now) {
    Rings found = Rings.of(secret);
    Rings whole =
        new Rings(
            found.keys().inPlaceOf(before.keys(), now),
            found.tokens().inPlaceOf(before.tokens(), now));
    return whole.equals(found)
        ? null
        : secret(owner, rotation(secret), whole.keys(), whole.tokens(), now);
  }

  /** Whether it was a mesh's of this name that is gone, with which it will be collected. */
  public static boolean isOfDeletedNamesake(Secret secret, Owner owner) {
    List<OwnerReference> owners = secret.getMetadata().getOwnerReferences();
    return !owners.isEmpty()
        && owners.stream()
            .allMatch(o ->
                o.getKind().equals("LlamaMesh")
                    && o.getName().equals(owner.name())
                    && !o.getUid().equals(owner.uid()));
  }

  /**
   * The same Secret as this mesh's.
   *
   * @throws IllegalArgumentException where it cannot be read
   */
  public static Secret adopted(Secret secret, Owner owner, Instant now) {
    Rings found = Rings.of(secret);
    return secret(owner, rotation(secret), found.keys(), found.tokens(), now);
  }

  /** Whether a Secret of that name is the mesh's. */
  public static boolean isOf(Owner owner, Secret secret) {
    return Ownership.isOurs(
        secret,
        new SecretBuilder()
            .withMetadata(owner.metadata(Names.authSecret(owner.name()), Component.AGENT))
            .build());
  }

  /**
   * Whether it is one of ours that was made from its entries alone, as a restored one may be: it
   * says nothing of whose it is, and holds keys and tokens.
   */
  public static boolean isRestored(Secret secret) {
    if (!Ownership.isUnmarked(secret)) {
      return false;
    }
    try {
      Rings rings = Rings.of(secret);
      return !rings.keys().entries().isEmpty() && !rings.tokens().entries().isEmpty();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Whether a mesh asks for a rotation that a Secret has not had. */
  public static boolean isRotationDue(Secret secret, @Nullable String rotation) {
    return rotation != null && !rotation.equals(rotation(secret));
  }

  /** The rotation that a Secret has had; null where it had none. */
  public static @Nullable String rotation(Secret secret) {
    Map<String, String> annotations = secret.getMetadata().getAnnotations();
    return annotations == null ? null : annotations.get(Names.ROTATE_ANNOTATION);
  }

  /**
   * The Secret with the token that is shown now, or null where it has that one already. A new token
   * is shown ten minutes after its rotation, when every agent has read it.
   *
   * @throws IllegalArgumentException where it cannot be read
   */
  public static @Nullable Secret refreshed(Secret secret, Owner owner, Instant now) {
    String shown = currentToken(ring(secret, KeyRing.TOKENS_FILE), now);
    return Objects.equals(secret.getData().get(METRICS_TOKEN), shown)
        ? null
        : adopted(secret, owner, now);
  }

  private static String currentToken(KeyRing tokens, Instant now) {
    KeyRing.Entry entry = tokens.signing(now);
    String token = entry == null ? "" : entry.key();
    return Base64.getEncoder().encodeToString(token.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The Secret with a new key and token beside those that it has.
   *
   * @throws IllegalArgumentException where it cannot be read; it is never overwritten then
   */
  public static Secret rotated(
      Secret secret, Owner owner, @Nullable String rotation, Instant now, SecureRandom random) {
    return secret(
        owner,
        rotation,
        ring(secret, KeyRing.KEYS_FILE).rotated(now, id -> random(random, KEY_BYTES)),
        ring(secret, KeyRing.TOKENS_FILE).rotated(now, id -> random(random, TOKEN_BYTES)),
        now);
  }

  /** Reads a ring. */
  static KeyRing ring(Secret secret, String name) {
    String encoded = secret.getData() == null ? null : secret.getData().get(name);
    if (encoded == null) {
      throw unreadable(secret, name, "it is missing");
    }
    try {
      return KeyRing.parse(Base64.getDecoder().decode(encoded));
    } catch (IllegalArgumentException e) {
      // The decoder's message may quote what it read.
      throw unreadable(secret, name, "it is no JSON list of keys");
    }
  }

  private static IllegalArgumentException unreadable(Secret secret, String name, String why) {
    return new IllegalArgumentException(
        "Secret "
            + secret.getMetadata().getName()
            + ", entry "
            + name
            + ": "
            + why
            + "; restore it with its labels, or delete the Secret to have a new one made");
  }

  private static Secret secret(
      Owner owner, @Nullable String rotation, KeyRing keys, KeyRing tokens, Instant now) {
    return new SecretBuilder()
        .withMetadata(
            owner.metadata(
                Names.authSecret(owner.name()),
                Component.AGENT,
                rotation == null ? Map.of() : Map.of(Names.ROTATE_ANNOTATION, rotation)))
        .withType("Opaque")
        .withData(
            Map.of(
                KeyRing.KEYS_FILE,
                encode(keys),
                KeyRing.TOKENS_FILE,
                encode(tokens),
                METRICS_TOKEN,
                currentToken(tokens, now)))
        .build();
  }

  private static String encode(KeyRing ring) {
    return Base64.getEncoder().encodeToString(ring.toJson());
  }

  private static String random(SecureRandom random, int bytes) {
    byte[] secret = new byte[bytes];
    random.nextBytes(secret);
    return Base64.getEncoder().encodeToString(secret);
  }
}
