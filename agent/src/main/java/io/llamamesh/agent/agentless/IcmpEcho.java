package io.llamamesh.agent.agentless;

import java.nio.ByteBuffer;

/**
 * ICMP echo messages (RFC 792, RFC 4443 §4.1) as unprivileged sockets have them: 64 bytes as ping's
 * are, of which the kernel writes checksum and identifier. Behind the header stand the nonce of the
 * target and the number of the probe, then a pattern that shows what was changed on the way.
 *
 * <pre>
 *  0 type u8        8 for IPv4, 128 for IPv6; of a reply 0, 129
 *  1 code u8        0
 *  2 checksum u16   the kernel's
 *  4 identifier u16 the kernel's
 *  6 sequence u16   low bits of the probe's number
 *  8 nonce u64
 * 16 number u64
 * 24 pattern        each byte its offset
 * </pre>
 */
final class IcmpEcho {

  /** Length of a request, and of a reply that is whole. */
  static final int BYTES = 64;

  private static final int AT_IDENTIFIER = 4;
  private static final int AT_SEQUENCE = 6;
  private static final int AT_NONCE = 8;
  private static final int AT_NUMBER = 16;
  private static final int AT_PATTERN = 24;

  private static final int REQUEST_V4 = 8;
  private static final int REPLY_V4 = 0;
  private static final int REQUEST_V6 = 128;
  private static final int REPLY_V6 = 129;

  private IcmpEcho() {}

  /** Meaning of a message for who sent requests. */
  enum Reading {
    /** An answer to a request of this nonce and number, whole. */
    WHOLE,
    /** An answer to it that was shortened, lengthened or changed behind the number. */
    DAMAGED,
    /** Anything else: proves nothing. */
    FOREIGN
  }

  /** Writes a request at the start of a buffer. */
  static void request(ByteBuffer to, boolean v6, long nonce, long number) {
    to.put(0, (byte) (v6 ? REQUEST_V6 : REQUEST_V4));
    to.put(1, (byte) 0);
    to.putInt(2, 0);
    to.putShort(AT_SEQUENCE, (short) number);
    to.putLong(AT_NONCE, nonce);
    to.putLong(AT_NUMBER, number);
    for (int i = AT_PATTERN; i < BYTES; i++) {
      to.put(i, (byte) i);
    }
  }

  /**
   * Reads a message; {@link #nonce} and {@link #number} mean something unless it is foreign.
   *
   * @param at where its ICMP header begins
   * @param length in bytes, whatever somebody sent
   * @param identifier of our socket
   */
  static Reading read(ByteBuffer from, int at, int length, boolean v6, int identifier) {
    if (length < AT_PATTERN
        || (from.get(at) & 0xff) != (v6 ? REPLY_V6 : REPLY_V4)
        || from.get(at + 1) != 0
        || (from.getShort(at + AT_IDENTIFIER) & 0xffff) != identifier
        || from.getShort(at + AT_SEQUENCE) != (short) number(from, at)) {
      return Reading.FOREIGN;
    }
    if (length != BYTES) {
      return Reading.DAMAGED;
    }
    for (int i = AT_PATTERN; i < BYTES; i++) {
      if (from.get(at + i) != (byte) i) {
        return Reading.DAMAGED;
      }
    }
    return Reading.WHOLE;
  }

  /** Nonce of the target that a message is of. */
  static long nonce(ByteBuffer from, int at) {
    return from.getLong(at + AT_NONCE);
  }

  /** Number of the probe that a message is of. */
  static long number(ByteBuffer from, int at) {
    return from.getLong(at + AT_NUMBER);
  }

  /**
   * Sequence of a request that an error quotes; −1 where too little is quoted or it is another
   * message. Routers quote eight bytes at least (RFC 792).
   */
  static int quotedSequence(ByteBuffer from, int at, int length, boolean v6, int identifier) {
    if (length < AT_NONCE
        || (from.get(at) & 0xff) != (v6 ? REQUEST_V6 : REQUEST_V4)
        || (from.getShort(at + AT_IDENTIFIER) & 0xffff) != identifier) {
      return -1;
    }
    return from.getShort(at + AT_SEQUENCE) & 0xffff;
  }
}
