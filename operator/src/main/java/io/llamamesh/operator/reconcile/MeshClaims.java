package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.operator.resources.ClaimLeases;
import io.llamamesh.operator.resources.Owner;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Claims of meshes by operators: of two that see the same mesh, as two releases may, the first
 * holds its Lease and the other leaves it alone. A Lease that this operator has watched for {@link
 * #EXPIRY} without its being renewed is taken over. Replicas of one release have one identity, so
 * that their own election decides among them.
 *
 * <p>Where nobody else was seen and claims cannot be read or written, whether for want of a right
 * or because a webhook refuses them, the mesh is reconciled without one: better than not at all.
 *
 * <p>Any thread may call, for a mesh one at a time.
 */
final class MeshClaims {
  /** Time for which a mesh stays with an operator that is gone. */
  static final Duration EXPIRY = Duration.ofMinutes(5);

  /** Pace at which a claim is renewed, and another's read. */
  static final Duration RENEWAL = Duration.ofMinutes(1);

  /**
   * What is not renewed for so long is not ours for certain: another may be about to take it. Whose
   * claims cannot even be read for so long, is worked on without.
   */
  private static final Duration CERTAIN = Duration.ofMinutes(3);

  private static final Logger LOG = LoggerFactory.getLogger(MeshClaims.class);
  private static final int FORBIDDEN = 403;
  private static final int CONFLICT = 409;

  private final ClaimLeases leases;
  private final String identity;
  private final Clock clock;
  private final Map<String, Instant> renewed = new ConcurrentHashMap<>();
  private final Map<String, Seen> others = new ConcurrentHashMap<>();

  /** Meshes whose Lease cannot be read, and since when. */
  private final Map<String, Instant> unread = new ConcurrentHashMap<>();

  /** Meshes that are worked on without a claim. */
  private final Set<String> unguarded = ConcurrentHashMap.newKeySet();

  /** Another's claim, and since when it has been the same without a gap in reading it. */
  private record Seen(String holder, @Nullable ZonedDateTime renewal, Instant first, Instant last) {
    boolean isOf(Lease lease) {
      return holder.equals(lease.getSpec().getHolderIdentity())
          && Objects.equals(renewal, lease.getSpec().getRenewTime());
    }
  }

  /**
   * Claims for an operator.
   *
   * @param identity the release's, the same for all its replicas and after restarts
   */
  MeshClaims(ClaimLeases leases, String identity, Clock clock) {
    this.leases = leases;
    this.identity = identity;
    this.clock = clock;
  }

  /**
   * Claims a mesh, or renews the claim; asks the server once a minute at most while it is ours.
   *
   * @return who manages it; null: this operator
   * @throws KubernetesClientException where that cannot be found out, for {@link #CERTAIN} at most
   */
  @Nullable String claim(Owner mesh) {
    Instant now = clock.instant();
    Instant last = renewed.get(mesh.uid());
    if (last != null && now.isBefore(last.plus(RENEWAL))) {
      return null;
    }
    try {
      String other = claim(mesh, now);
      unread.remove(mesh.uid());
      return other;
    } catch (KubernetesClientException e) {
      Seen seen = others.get(mesh.uid());
      if (seen != null) {
        return other(mesh, seen.holder());
      }
      Instant earlier = unread.putIfAbsent(mesh.uid(), now);
      Instant first = earlier == null ? now : earlier;
      if (e.getCode() == FORBIDDEN) {
        // An older role: it works as before, without knowing of others.
        renewed.put(mesh.uid(), now);
        unguarded(mesh, e);
        return null;
      }
      if (last != null && now.isBefore(last.plus(CERTAIN))) {
        return null;
      }
      if (now.isBefore(first.plus(CERTAIN))) {
        throw e;
      }
      unguarded(mesh, e);
      return null;
    }
  }

  private @Nullable String claim(Owner mesh, Instant now) {
    Lease lease = leases.read(mesh);
    if (lease != null && !leases.isOurs(mesh, lease)) {
      throw new KubernetesClientException(
          "Lease " + ClaimLeases.name(mesh.name()) + " is not this mesh's", FORBIDDEN, null);
    }
    String holder = holder(lease);
    if (lease != null
        && holder != null
        && !holder.equals(identity)
        && !hasExpired(mesh, lease, now)) {
      return other(mesh, holder);
    }
    if (lease == null || !identity.equals(holder) || !isFresh(lease, now)) {
      try {
        leases.write(mesh, lease, identity, now, EXPIRY);
      } catch (KubernetesClientException e) {
        if (e.getCode() != CONFLICT) {
          return unwritten(mesh, holder, now, e);
        }
        // Somebody was faster; a replica of this release is no other.
        String faster = holder(leases.read(mesh));
        if (!identity.equals(faster)) {
          return other(mesh, faster == null ? "another operator" : faster);
        }
      }
    }
    renewed.put(mesh.uid(), now);
    if (unguarded.remove(mesh.uid())) {
      LOG.info("mesh claimed mesh={}/{}", mesh.namespace(), mesh.name());
    }
    if (others.remove(mesh.uid()) != null) {
      LOG.info("took over mesh mesh={}/{} from={}", mesh.namespace(), mesh.name(), holder);
    }
    return null;
  }

  /**
   * Who manages a mesh whose Lease was read, and cannot be written: whoever held it may be alive
   * and unable to renew it for the same reason.
   */
  private @Nullable String unwritten(
      Owner mesh, @Nullable String holder, Instant now, KubernetesClientException why) {
    if (holder != null && !holder.equals(identity)) {
      return other(mesh, holder);
    }
    if (why.getCode() == FORBIDDEN) {
      renewed.put(mesh.uid(), now);
    }
    unguarded(mesh, why);
    return null;
  }

  private void unguarded(Owner mesh, KubernetesClientException why) {
    if (unguarded.add(mesh.uid())) {
      LOG.warn(
          "mesh not claimed, another operator would go unnoticed mesh={}/{}" + " error=\"{}\"",
          mesh.namespace(),
          mesh.name(),
          why.getMessage());
    }
  }

  private static @Nullable String holder(@Nullable Lease lease) {
    return lease == null || lease.getSpec() == null ? null : lease.getSpec().getHolderIdentity();
  }

  private String other(Owner mesh, String holder) {
    renewed.remove(mesh.uid());
    return holder;
  }

  /** A restart is no reason to write. */
  private static boolean isFresh(Lease lease, Instant now) {
    ZonedDateTime renewal = lease.getSpec().getRenewTime();
    return renewal != null
        && !renewal.toInstant().isAfter(now)
        && now.isBefore(renewal.toInstant().plus(RENEWAL));
  }

  /** By this clock alone, and only as long as the server could be asked. */
  private boolean hasExpired(Owner mesh, Lease lease, Instant now) {
    Seen seen = others.get(mesh.uid());
    Instant first = now;
    if (seen != null
        && seen.isOf(lease)
        && now.isBefore(seen.last().plus(RENEWAL.multipliedBy(2)))) {
      first = seen.first();
    }
    others.put(
        mesh.uid(),
        new Seen(lease.getSpec().getHolderIdentity(), lease.getSpec().getRenewTime(), first, now));
    return !now.isBefore(first.plus(EXPIRY));
  }

  /** Forgets all other meshes. */
  void retain(Set<String> uids) {
    renewed.keySet().retainAll(uids);
    others.keySet().retainAll(uids);
    unread.keySet().retainAll(uids);
    unguarded.retainAll(uids);
  }
}
