package io.llamamesh.agent.reflector;

/**
 * A reply that {@link Echo#process} prepared, until the next one is sent. Reused for many replies,
 * so that none allocates; belongs to one reflector thread.
 */
final class EchoReply {

  /** The probe has our slots; a foreign one is sent back as it came. */
  boolean hasSlots;

  /** The probe is a hello, which its sender does not count. */
  boolean isHello;

  /** The probe belongs to a burst, which counts for no sender. */
  boolean isBurst;

  /** The probe is authentic and was seen before; it counts for no sender. */
  boolean isReplay;

  /** ToS byte to reply with. */
  int tos;

  /** Offset of the datagram in its batch. */
  int offset;

  /** Slot of the key to sign with; 0 for none, below 0 that of a pair's. */
  int key;

  /** Offset of the slots in the batch; meaningless without. */
  int slotsAt;

  /** Entry of {@link FlowMemory}; meaningless without slots. */
  int entry;

  /** Nonce and flow of the signature; meaningless without slots. */
  long flow;

  /** Sequence of the signature; meaningless without slots. */
  int sequence;

  /** It counts for no sender that has signed by a key of the pair, since that is not this one's. */
  boolean mustBeByPair;

  /** Returns whether it is signed by a key of the pair. */
  boolean isByPair() {
    return key < 0;
  }

  /** Returns whether it asks for nothing but whether its key is taken. */
  boolean isKeyTest(boolean draining) {
    return isHello && isByPair() && !draining;
  }

  /** Returns whether the sender has our slots and counts this probe. */
  boolean isCounted() {
    return hasSlots && !isHello;
  }
}
