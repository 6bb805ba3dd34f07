package io.llamamesh.fabric.detector;

import io.llamamesh.fabric.node.Message;

/** What detectors say to each other, over links and in datagrams. */
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
   */
  record Pong(long id) implements DetectorMessage {}
}
