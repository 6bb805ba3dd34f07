package io.llamamesh.agent.wire;

import java.nio.ByteBuffer;

/**
 * Our field 8: 64 bytes that the collector sends empty but for the head, and that the reflector
 * fills in place, so that a reply is never longer than its request. Everything is big-endian.
 *
 * <pre>
 *  0 magic u16 "LM"     2 version u8         3 direction u8     4 flags u8
 *  5 tos seen u8        6 tracked u8         7 key id u8
 *  8 received-at u64    the reflector's stamp of the probe's arrival, its own clock, ns since 1970
 * 16 sent-at u64        its clock just before its send
 * 24 epoch u32          one life of the reflector; in a request the number of the pair's key that signs
 *                       it, zero where none does
 * 28 highest u32        highest sequence (24 bits) seen of this flow
 * 32 bitmap u64         bit i: sequence highest − 1 − i was seen; only the lowest `tracked` bits count
 * 40 limited u32        probes of this flow that the reflector dropped over its limit, modulo 2³²
 * 44 arrivals u32       datagrams of anyone that it read from the socket of this flow, modulo 2³²
 * 48 overflows u32      datagrams of anyone that this socket's full buffer dropped, modulo 2³²
 * 52 stalled u32        0x01 and the sequence (24 bits) of the last reply of this flow whose send took
 *                       long after its sent-at; zero where there was none
 * 56 MAC u64            zero when the probe is not keyed
 * </pre>
 */
public final class Slots {

  /** Length of the field's value. */
  public static final int BYTES = 64;

  /** The version that this code writes; others are reflected like foreign probes. */
  public static final int VERSION = 1;

  public static final int REQUEST = 0;
  public static final int REPLY = 1;

  /** On a reply, the drain mark: this reflector is about to stop, its silence is no loss. */
  public static final int FLAG_DRAINING = 1;

  /** On a reply: received-at is the kernel's stamp. */
  public static final int FLAG_KERNEL_STAMP = 2;

  /** On a request, a hello: asks whether a draining peer is back; not counted. */
  public static final int FLAG_HELLO = 4;

  /** On a reply: the arrival's ToS is known. */
  public static final int FLAG_TOS_SEEN = 8;

  /**
   * On a reply: this reflector was stalled until just now, and does not know how long the probe
   * waited before it was stamped.
   */
  public static final int FLAG_REFLECTOR_STALLED = 16;

  /**
   * On a request: belongs to a burst, which counts in nobody's windows. Reflectors keep half of
   * their limit free of these.
   */
  public static final int FLAG_BURST = 32;

  /** Marks that a sequence stands in the slot of stalled replies. */
  private static final int STALLED = 1 << 24;

  /** Offset of the number of the key. */
  static final int AT_KEY = 7;

  /** Offset of the number of the pair's key in a request. */
  private static final int AT_SENDER = 24;

  /** Offset of the MAC. */
  static final int AT_MAC = 56;

  private static final short MAGIC = 0x4c4d;

  private Slots() {}

  /** Returns whether our slots of a known version begin here; the caller has checked the bounds. */
  public static boolean matches(ByteBuffer bytes, int at) {
    return bytes.getShort(at) == MAGIC && (bytes.get(at + 2) & 0xff) == VERSION;
  }

  /** Writes the head of a request; the rest is zero. */
  public static void request(ByteBuffer bytes, int at, int flags) {
    bytes.putShort(at, MAGIC);
    bytes.put(at + 2, (byte) VERSION);
    bytes.put(at + 3, (byte) REQUEST);
    bytes.put(at + 4, (byte) flags);
    bytes.put(at + 5, (byte) 0);
    bytes.putShort(at + 6, (short) 0);
    for (int i = 8; i < BYTES; i += 8) {
      bytes.putLong(at + i, 0);
    }
  }

  /** Writes the number of the pair's key that signs a request; 0 for none. */
  static void sender(ByteBuffer bytes, int at, int number) {
    bytes.putInt(at + AT_SENDER, number);
  }

  /** Number of the pair's key that signs a request; 0 for none. */
  static int sender(ByteBuffer bytes, int at) {
    return bytes.getInt(at + AT_SENDER);
  }

  /** Marks the slots as a reply's. */
  public static void reply(ByteBuffer bytes, int at, int flags, int tosSeen) {
    bytes.put(at + 3, (byte) REPLY);
    bytes.put(at + 4, (byte) flags);
    bytes.put(at + 5, (byte) tosSeen);
  }

  /** Writes the highest sequence and the bitmap of the flow. */
  public static void flow(ByteBuffer bytes, int at, int highest, int tracked, long bitmap) {
    bytes.put(at + 6, (byte) tracked);
    bytes.putInt(at + 28, highest);
    bytes.putLong(at + 32, bitmap);
  }

  /**
   * Writes the reflector's epoch, and its drops in it: of this flow over the limit, and of all
   * senders together where the kernel does not report whose they were.
   */
  public static void reflector(
      ByteBuffer bytes, int at, int epoch, int limited, int arrivals, int overflows) {
    bytes.putInt(at + 24, epoch);
    bytes.putInt(at + 40, limited);
    bytes.putInt(at + 44, arrivals);
    bytes.putInt(at + 48, overflows);
  }

  /**
   * Slot value that marks this sequence's reply as stalled. A later reply carries it: a slow send
   * is known only once the reply is gone.
   */
  public static int stalled(int sequence) {
    return STALLED | (sequence & (ProbeFormat.MODULUS - 1));
  }

  /** Writes what {@link #stalled(int)} made, or zero. */
  public static void stalled(ByteBuffer bytes, int at, int slot) {
    bytes.putInt(at + 52, slot);
  }

  /** Returns whether the slot marks this sequence's reply as stalled. */
  public static boolean isMarkedStalled(ByteBuffer bytes, int at, int sequence) {
    return bytes.getInt(at + 52) == stalled(sequence);
  }

  public static void receivedAt(ByteBuffer bytes, int at, long nanos) {
    bytes.putLong(at + 8, nanos);
  }

  public static void sentAt(ByteBuffer bytes, int at, long nanos) {
    bytes.putLong(at + 16, nanos);
  }

  public static int direction(ByteBuffer bytes, int at) {
    return bytes.get(at + 3) & 0xff;
  }

  public static int flags(ByteBuffer bytes, int at) {
    return bytes.get(at + 4) & 0xff;
  }

  public static int tosSeen(ByteBuffer bytes, int at) {
    return bytes.get(at + 5) & 0xff;
  }

  public static int tracked(ByteBuffer bytes, int at) {
    return Math.min(64, bytes.get(at + 6) & 0xff);
  }

  public static long receivedAt(ByteBuffer bytes, int at) {
    return bytes.getLong(at + 8);
  }

  public static long sentAt(ByteBuffer bytes, int at) {
    return bytes.getLong(at + 16);
  }

  public static int epoch(ByteBuffer bytes, int at) {
    return bytes.getInt(at + 24);
  }

  public static int highest(ByteBuffer bytes, int at) {
    return bytes.getInt(at + 28) & (ProbeFormat.MODULUS - 1);
  }

  public static long bitmap(ByteBuffer bytes, int at) {
    return bytes.getLong(at + 32);
  }

  public static int limited(ByteBuffer bytes, int at) {
    return bytes.getInt(at + 40);
  }

  public static int arrivals(ByteBuffer bytes, int at) {
    return bytes.getInt(at + 44);
  }

  public static int overflows(ByteBuffer bytes, int at) {
    return bytes.getInt(at + 48);
  }
}
