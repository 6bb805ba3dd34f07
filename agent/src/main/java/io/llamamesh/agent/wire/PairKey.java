package io.llamamesh.agent.wire;

import java.nio.ByteBuffer;

/**
 * The key of probes from one node to another, and of the answers to them. Its number stands in
 * every request, where a reflector finds the key by it; answers carry the sender's label of it.
 * Never changes.
 *
 * <p>A label is a number from {@value #FIRST_LABEL} to 255 in the place of the number of a key of
 * the mesh. Its sender chooses it, and the reflector returns it.
 */
public final class PairKey {

  /** Length of a key. */
  public static final int BYTES = 16;

  /** The least label. */
  static final int FIRST_LABEL = 128;

  /** Number of labels. */
  static final int LABELS = 128;

  private final int number;
  private final long k0;
  private final long k1;

  /**
   * A key.
   *
   * @param number any but 0, which stands in requests that are signed by no such key
   * @param key 16 bytes
   */
  public PairKey(int number, byte[] key) {
    if (number == 0 || key.length != BYTES) {
      throw new IllegalArgumentException(
          "a key of a pair needs a number other than 0 and 16 bytes, had " + key.length);
    }
    ByteBuffer halves = ByteBuffer.wrap(key);
    this.number = number;
    this.k0 = Long.reverseBytes(halves.getLong(0));
    this.k1 = Long.reverseBytes(halves.getLong(8));
  }

  /** Its number. */
  public int number() {
    return number;
  }

  /** Returns whether both are the same key. */
  boolean isSame(PairKey other) {
    return number == other.number && k0 == other.k0 && k1 == other.k1;
  }

  /** Signs a request that {@link ProbeWriter} framed, whose number and label it writes. */
  void signRequest(ByteBuffer bytes, int offset, int label) {
    int slots = offset + ProbeFormat.AT_SLOTS;
    Slots.sender(bytes, slots, number);
    bytes.put(slots + Slots.AT_KEY, (byte) label);
    signReply(bytes, offset);
  }

  /** Signs an answer, which has its request's label. */
  void signReply(ByteBuffer bytes, int offset) {
    bytes.putLong(offset + ProbeKeys.AT_MAC, mac(bytes, offset));
  }

  /** Returns whether the MAC of a frame of ours is by this key. */
  boolean isSignerOf(ByteBuffer bytes, int offset) {
    return bytes.getLong(offset + ProbeKeys.AT_MAC) == mac(bytes, offset);
  }

  private long mac(ByteBuffer bytes, int offset) {
    return SipHash.hash(k0, k1, bytes, offset + ProbeKeys.FROM, ProbeKeys.SIGNED);
  }

  /** Never the key: this may end up in a log. */
  @Override
  public String toString() {
    return "PairKey[" + Integer.toHexString(number) + "]";
  }
}
