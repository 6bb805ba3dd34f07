package io.llamamesh.operator.main;

/**
 * One of several operators works, by a Lease.
 *
 * @param namespace where the Lease is
 * @param identity this one's name, different from the others'
 * @param onLost called when another has taken over: this instance will not work again
 */
public record LeaderElection(String namespace, String identity, Runnable onLost) {
  static final String LEASE = "llama-mesh-operator";
}
