package io.llamamesh.agent.wire;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The keys that probes are signed with, by the number that each probe carries. Never changes; a
 * rotation makes another one.
 *
 * <p>Several keys may have one number, as when a Secret is made anew while the old keys are still
 * taken. Each has a slot: the number for the first, and {@link #LIMIT} more for each further one,
 * so that a slot's low byte is what stands in a probe.
 */
public final class ProbeKeys {

  /** Numbers of keys are below this; 0 means not keyed. */
  public static final int LIMIT = 256;

  /** No keys: nothing is signed, nothing is asked for. */
  public static final ProbeKeys NONE =
      new ProbeKeys(
          0, new long[LIMIT], new long[LIMIT], new boolean[LIMIT], SenderTable.NONE, null);

  /** Start of the signed bytes: from the signature to before the MAC, all but the padding. */
  static final int FROM = ProbeFormat.AT_SIGNATURE;

  static final int AT_MAC = ProbeFormat.AT_SLOTS + Slots.AT_MAC;
  static final int SIGNED = AT_MAC - FROM;

  private final int signing;
  private final long[] k0;
  private final long[] k1;
  private final boolean[] accepted;
  private final SenderTable senders;
  private final @Nullable PairSigners signers;

  private ProbeKeys(
      int signing,
      long[] k0,
      long[] k1,
      boolean[] accepted,
      SenderTable senders,
      @Nullable PairSigners signers) {
    this.signing = signing;
    this.k0 = k0;
    this.k1 = k1;
    this.accepted = accepted;
    this.senders = senders;
    this.signers = signers;
  }

  /** The same keys and one more, beside those of the same number. */
  public ProbeKeys with(int id, byte[] key, boolean sign) {
    if (id < 1 || id >= LIMIT || key.length != 16) {
      throw new IllegalArgumentException(
          "a key needs a number from 1 to 255 and 16 bytes, was " + id + " with " + key.length);
    }
    ByteBuffer halves = ByteBuffer.wrap(key);
    int slot = id;
    while (slot < accepted.length && accepted[slot]) {
      slot += LIMIT;
    }
    int slots = Math.max(accepted.length, (slot / LIMIT + 1) * LIMIT);
    long[] first = Arrays.copyOf(k0, slots);
    long[] second = Arrays.copyOf(k1, slots);
    boolean[] taken = Arrays.copyOf(accepted, slots);
    first[slot] = Long.reverseBytes(halves.getLong(0));
    second[slot] = Long.reverseBytes(halves.getLong(8));
    taken[slot] = true;
    return new ProbeKeys(sign ? slot : signing, first, second, taken, senders, signers);
  }

  /**
   * The same keys, beside those of pairs.
   *
   * @param taken whose probes are taken by keys of the pair
   * @param used by which probes to others may be signed
   */
  public ProbeKeys withPairs(SenderTable taken, PairSigners used) {
    return new ProbeKeys(signing, k0, k1, accepted, taken, used);
  }

  /** Signers by keys of pairs; null where there are none. */
  public @Nullable PairSigners signers() {
    return signers;
  }

  /** Senders whose probes are taken by keys of the pair. */
  public SenderTable senders() {
    return senders;
  }

  /** Slot of the key to sign requests with; 0 for none. */
  public int signing() {
    return signing;
  }

  /** Returns whether probes must be signed. */
  public boolean isRequired() {
    return signing != 0;
  }

  /**
   * Signs a probe that {@link ProbeWriter} framed at this offset, with the key in a slot, or an
   * answer with that of {@link #verifyRequest}.
   */
  public void sign(ByteBuffer bytes, int offset, int slot) {
    if (slot < 0) {
      senders.key(-1 - slot).signReply(bytes, offset);
      return;
    }
    bytes.put(offset + ProbeFormat.AT_SLOTS + Slots.AT_KEY, (byte) slot);
    bytes.putLong(
        offset + AT_MAC,
        slot == 0 ? 0 : SipHash.hash(k0[slot], k1[slot], bytes, offset + FROM, SIGNED));
  }

  /**
   * Checks a probe. Its fields must be where {@link ProbeWriter} puts them and nowhere else: a
   * parser takes the last of several, and anybody can append unsigned ones.
   *
   * @return the slot of its key; 0 when it is not signed, wrongly signed, or no frame of ours
   */
  public int verify(ByteBuffer bytes, int offset, int length) {
    return OurFrame.matches(bytes, offset, length) ? signedBy(bytes, offset) : 0;
  }

  /**
   * Checks a request, by the key of its pair where it names one.
   *
   * @param high upper half of the address that it comes from
   * @param low lower half
   * @return the slot of its key, or below 0 that of a pair's; 0 as of {@link #verify}
   */
  public int verifyRequest(ByteBuffer bytes, int offset, int length, long high, long low) {
    if (!OurFrame.matches(bytes, offset, length)) {
      return 0;
    }
    int number = Slots.sender(bytes, offset + ProbeFormat.AT_SLOTS);
    return number == 0
        ? signedBy(bytes, offset)
        : -1 - senders.find(number, bytes, offset, high, low);
  }

  /** Number of the pair's key that {@link #verifyRequest} found, from 1 to 2³² − 1. */
  public long pairNumber(int slot) {
    return Integer.toUnsignedLong(senders.key(-1 - slot).number());
  }

  /**
   * Checks the start of a frame of ours whose end is missing, as ICMP errors quote it.
   *
   * @param direction {@link Slots#REQUEST} or {@link Slots#REPLY}
   * @return whether the signed part is complete, of that direction, and its MAC is valid
   */
  public boolean isHeadVerified(ByteBuffer bytes, int offset, int length, int direction) {
    return length >= ProbeFormat.MIN_DATAGRAM
        && Slots.direction(bytes, offset + ProbeFormat.AT_SLOTS) == direction
        && signedBy(bytes, offset) != 0;
  }

  private int signedBy(ByteBuffer bytes, int offset) {
    int id = bytes.get(offset + ProbeFormat.AT_SLOTS + Slots.AT_KEY) & 0xff;
    long mac = bytes.getLong(offset + AT_MAC);
    for (int slot = id; slot < accepted.length && accepted[slot]; slot += LIMIT) {
      if (SipHash.hash(k0[slot], k1[slot], bytes, offset + FROM, SIGNED) == mac) {
        return slot;
      }
    }
    return 0;
  }
}
