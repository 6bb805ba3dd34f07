package io.llamamesh.fabric.detector;

import io.llamamesh.fabric.node.Message;

/** A message between detectors, over links and in datagrams. */
public sealed interface DetectorMessage extends Message {

  /**
   * A question whether the receiver is there.
   *
   * @param id what the answer repeats; used once by its sender
   * @param neighbor whether the sender holds the receiver for an active neighbour
   */
  record Ping(long id, boolean neighbor) implements DetectorMessage {}

  /**
   * The answer to a ping, on the way on which it came.
   *
   * @param id the ping's
   * @param stalled whether the ping may have waited since its receiver stood still: such an answer
   *     is a sign of life and no measure of the path
   */
  record Pong(long id, boolean stalled) implements DetectorMessage {

    /** An answer that was given at once. */
    public Pong(long id) {
      this(id, false);
    }
  }
}
