package io.llamamesh.fabric.transport;

/**
 * Evidence of peers that somebody else has measured and the fabric may use, as the collector of an
 * agent.
 */
@FunctionalInterface
public interface FabricEvidence {

  /** No evidence. */
  FabricEvidence NONE = sink -> {};

  /** Hands on what is new since the last call. Called by the node's thread, once each tick. */
  void drain(Sink sink);

  /** Taker of evidence. */
  interface Sink {

    /**
     * A probe of a peer was answered.
     *
     * @param sentAt when it was sent, {@link System#nanoTime}
     * @param roundTrip its time on the way in nanoseconds, negative where it is not known
     * @param epoch what the answer is marked with; only the peer's own mark counts
     */
    void answered(String peer, long sentAt, long roundTrip, int epoch);

    /** A peer's host says that nobody listens there. */
    void refused(String peer);
  }
}
