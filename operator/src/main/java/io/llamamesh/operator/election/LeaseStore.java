package io.llamamesh.operator.election;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import org.jspecify.annotations.Nullable;

/**
 * The one Lease on the server. Calls block, fail with {@link RuntimeException}, and take at most a
 * few seconds.
 */
public interface LeaseStore {
  /** The Lease, or null where it is not there. */
  @Nullable Lease get();

  /** Creates it; fails where it is there. */
  Lease create(Lease lease);

  /** Replaces it; fails where it has changed since it was read, or is gone. */
  Lease replace(Lease lease);

  /** {@code namespace/name}, for messages. */
  String name();
}
