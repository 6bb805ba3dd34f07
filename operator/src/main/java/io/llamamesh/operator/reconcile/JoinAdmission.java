package io.llamamesh.operator.reconcile;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Admission of nodes whose agents have become ready to the mesh.
 *
 * <p>A node that joins changes the configs of all that probe it. When a thousand come up one after
 * the other, each reconciliation would write nearly every config anew. So after a reconciliation
 * that wrote many, further nodes wait until one finds no more of them than the one before, at most
 * ten seconds. A node that comes alone joins at once.
 *
 * <p>Pure. One per mesh, for one thread at a time.
 */
final class JoinAdmission {
  /** Configs written by one reconciliation, up to which nobody waits. */
  static final int MANY = 100;

  private static final Duration LONGEST = Duration.ofSeconds(10);

  private final Set<String> admitted = new HashSet<>();
  private Set<String> waiting = Set.of();
  private @Nullable Instant since;
  private boolean busy;

  /**
   * Those of the nodes that may join now, and those that were let in before and are not known to
   * have joined yet: whoever was let in stays in, also where its config could not be written.
   *
   * @param ready nodes whose agents are ready and whose configs do not say that they joined
   */
  Set<String> admit(Set<String> ready, Instant now) {
    admitted.retainAll(ready);
    Set<String> next = new HashSet<>(ready);
    next.removeAll(admitted);
    boolean grows = !waiting.containsAll(next);
    Instant began = since == null ? now : since;
    if (busy && grows && now.isBefore(began.plus(LONGEST))) {
      waiting = next;
      since = began;
    } else {
      admitted.addAll(next);
      waiting = Set.of();
      since = null;
    }
    return Set.copyOf(admitted);
  }

  /** Takes note of how many configs the reconciliation wrote that {@link #admit} was called for. */
  void recordWritten(int configs) {
    busy = isHolding() || configs > MANY;
  }

  /** Whether nodes wait, so that the mesh is to be reconciled again soon. */
  boolean isHolding() {
    return !waiting.isEmpty();
  }
}
