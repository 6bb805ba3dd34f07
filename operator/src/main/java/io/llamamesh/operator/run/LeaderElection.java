package io.llamamesh.operator.run;

import io.llamamesh.operator.election.LeaseTimings;

/**
 * One of several operators works, by a Lease.
 *
 * @param namespace where the Lease is
 * @param identity this one's name, different from the others'
 * @param timings of the election; the same for all of them
 */
public record LeaderElection(String namespace, String identity, LeaseTimings timings) {
  /** Name of the Lease. */
  public static final String LEASE = "llama-mesh-operator";

  /** With the default timings. */
  public LeaderElection(String namespace, String identity) {
    this(namespace, identity, LeaseTimings.DEFAULT);
  }
}
