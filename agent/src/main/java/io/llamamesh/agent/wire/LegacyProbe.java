package io.llamamesh.agent.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The datagram of the Python LLAMA: {@code <10sBddd?} in its notation, so 36 bytes: signature
 * {@code __llama__} with a zero, ToS 1, three times of 8 (little-endian doubles, milliseconds),
 * lost 1.
 */
public final class LegacyProbe {

  /** Length of the datagram. */
  public static final int BYTES = 36;

  private static final byte[] SIGNATURE = "__llama__\0".getBytes(StandardCharsets.US_ASCII);

  private LegacyProbe() {}

  /** Whether a datagram is one. */
  public static boolean is(ByteBuffer bytes, int offset, int length) {
    if (length != BYTES) {
      return false;
    }
    for (int i = 0; i < SIGNATURE.length; i++) {
      if (bytes.get(offset + i) != SIGNATURE[i]) {
        return false;
      }
    }
    return true;
  }

  /** The ToS byte to be mirrored. */
  public static int tos(ByteBuffer bytes, int offset) {
    return bytes.get(offset + SIGNATURE.length) & 0xff;
  }

  /** The bits of the time of sending. */
  public static long sent(ByteBuffer bytes, int offset) {
    return bytes.getLong(offset + SIGNATURE.length + 1);
  }
}
