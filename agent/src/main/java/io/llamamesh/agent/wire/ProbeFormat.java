package io.llamamesh.agent.wire;

import java.nio.ByteBuffer;

/**
 * Layout of a probe that we write. LLAMA's message (dropbox/llama, {@code proto/llama.proto}) has
 * signature 1, tos 2, sent 3, rcvd 4, rtt 5, lost 6, padding 7; ours adds {@link Slots} as field 8.
 * In udprobe's (nsw3550/udprobe, {@code proto/udprobe.proto}) tos is a number instead of bytes, and
 * its reflector sets rcvd and writes the message anew. A reader must not count on these offsets in
 * what others send: see {@link ProbeParser}.
 */
public final class ProbeFormat {

  /** Bytes of a signature: process nonce (4), flow (3), sequence (3), big-endian. */
  public static final int SIGNATURE_BYTES = 10;

  /** Flows and sequence numbers count modulo this. */
  public static final int MODULUS = 1 << 24;

  /** Longest datagram that we send or read. */
  public static final int MAX_DATAGRAM = 9000;

  /** Length of LLAMA's own probe without its padding: 1,000 bytes of padding make 1,028. */
  public static final int LLAMA_OVERHEAD = 28;

  static final int TAG_SIGNATURE = 0x0a;
  static final int TAG_TOS = 0x12;
  static final int TAG_TOS_NUMBER = 0x10;
  static final int TAG_SENT = 0x18;
  static final int TAG_PADDING = 0x3a;
  static final int TAG_SLOTS = 0x42;

  static final int AT_SIGNATURE = 2;
  static final int AT_TOS = AT_SIGNATURE + SIGNATURE_BYTES + 2;
  static final int AT_SENT = AT_TOS + 2;
  static final int SENT_BYTES = 9;
  static final int AT_SLOTS = AT_SENT + SENT_BYTES + 2;

  /** Shortest probe that holds the slots: signature, tos, sent and slots, no padding. */
  public static final int MIN_DATAGRAM = AT_SLOTS + Slots.BYTES;

  private ProbeFormat() {}

  /** The difference a − b of two 24-bit numbers, from −2²³ to 2²³ − 1. */
  public static int distance(int a, int b) {
    return ((a - b) << 8) >> 8;
  }

  /**
   * Time of sending of a frame of ours, by its sender's clock, in units of 2²⁸ ns (0.27 s), modulo
   * 2²⁸ (two years).
   */
  public static int coarseSent(ByteBuffer bytes, int offset) {
    int septets = bytes.getInt(offset + AT_SENT + 4);
    return ((septets >>> 24) & 0x7f)
        | ((septets >>> 9) & (0x7f << 7))
        | ((septets << 6) & (0x7f << 14))
        | ((septets << 21) & (0x7f << 21));
  }

  /** Returns whether one time of {@link #coarseSent} is later than another, by at least a unit. */
  public static boolean isSentLater(int one, int other) {
    return (one - other) << 4 > 0;
  }

  /**
   * Length of our datagram for a configured padding: as long as LLAMA's own with that padding, but
   * never shorter than what holds the slots.
   *
   * @param padding bytes, as {@code payload_bytes} in the config
   */
  public static int datagramBytes(int padding) {
    int total = padding + LLAMA_OVERHEAD;
    // Between these no length byte makes the sum come out: the shortest padding field has 2 bytes.
    return total < MIN_DATAGRAM + 2 ? MIN_DATAGRAM : Math.min(total, MAX_DATAGRAM);
  }

  /**
   * Bytes of padding in our datagram of a length from {@link #datagramBytes}: what of it a
   * reflector that writes the probe anew cannot make longer or shorter.
   */
  public static int paddingBytes(int length) {
    int field = length - MIN_DATAGRAM;
    return field == 0 ? 0 : field - 2 <= 0x7f ? field - 2 : field - 3;
  }
}
