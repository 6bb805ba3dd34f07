package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import io.llamamesh.operator.resources.AuthSecret;
import io.llamamesh.operator.resources.AuthSecret.Rings;
import io.llamamesh.operator.resources.ObjectWriter.Outcome;
import io.llamamesh.operator.resources.Owner;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reconciler of a mesh's Secret: makes it once, adds to it when a rotation is asked for, and keeps
 * what its parts knew where it is lost or replaced.
 *
 * <p>It is read by name, once a minute, and never watched: a watch would need the right to list
 * every Secret of the namespace.
 */
final class AuthSecretReconciler {
  private static final Duration CHECK_EVERY = Duration.ofMinutes(1);
  private static final Outcome NOTHING = new Outcome(0, List.of());

  private final SecureRandom random = new SecureRandom();
  private final KeyRingCache rings;
  private @Nullable Instant checked;
  private @Nullable String rotation;

  AuthSecretReconciler(KeyRingCache rings) {
    this.rings = rings;
  }

  /** Makes, completes or rotates the Secret where it is time to. */
  Outcome ensure(LlamaMesh mesh, Owner owner, KubernetesClient client, Instant now) {
    Map<String, String> annotations = mesh.getMetadata().getAnnotations();
    String wanted = annotations == null ? null : annotations.get(Names.ROTATE_ANNOTATION);
    Instant last = checked;
    if (last != null && now.isBefore(last.plus(CHECK_EVERY)) && Objects.equals(wanted, rotation)) {
      return NOTHING;
    }
    String name = "Secret " + Names.authSecret(owner.name());
    try {
      if (!ensure(owner, wanted, client, now)) {
        return new Outcome(0, List.of(), List.of(name));
      }
      checked = now;
      rotation = wanted;
      return NOTHING;
    } catch (KubernetesClientException | IllegalArgumentException e) {
      return new Outcome(0, List.of(name + ": " + e.getMessage()));
    }
  }

  /** Whether it is the mesh's. */
  private boolean ensure(
      Owner owner, @Nullable String wanted, KubernetesClient client, Instant now) {
    Secret secret =
        client
            .secrets()
            .inNamespace(owner.namespace())
            .withName(Names.authSecret(owner.name()))
            .get();
    Rings known = rings.get(owner, now);
    if (secret == null) {
      Secret made =
          known == null
              ? AuthSecret.first(owner, wanted, now, random)
              : AuthSecret.replaced(known, owner, wanted, now, random);
      // Not by apply: should somebody have been faster, theirs must stay.
      client.resource(made).create();
      rings.put(owner, Rings.of(made), now);
      return true;
    }
    boolean restored = !AuthSecret.isOf(owner, secret);
    if (restored && !AuthSecret.isRestored(secret)) {
      return false;
    }
    Secret next = next(secret, known, restored, owner, wanted, now);
    if (next != null) {
      // Of two rotations at once the second must fail, not undo the first.
      next.getMetadata().setResourceVersion(secret.getMetadata().getResourceVersion());
      client.resource(next).update();
    }
    rings.put(owner, Rings.of(next == null ? secret : next), now);
    return true;
  }

  private @Nullable Secret next(
      Secret secret,
      @Nullable Rings known,
      boolean restored,
      Owner owner,
      @Nullable String wanted,
      Instant now) {
    Secret whole = known == null ? null : AuthSecret.completed(secret, known, owner, now);
    Secret base = whole == null ? secret : whole;
    if (AuthSecret.isRotationDue(secret, wanted)) {
      return AuthSecret.rotated(base, owner, wanted, now, random);
    }
    if (whole != null) {
      return whole;
    }
    return restored || AuthSecret.isOfDeletedNamesake(secret, owner)
        ? AuthSecret.adopted(secret, owner, now)
        : AuthSecret.refreshed(secret, owner, now);
  }
}
