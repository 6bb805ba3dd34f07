package io.llamamesh.agent.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The datagram of the Python LLAMA (dropbox/llama-archive, {@code udp.py}): {@code <10sBddd?} in
 * its notation, so 36 bytes: signature {@code __llama__} with a zero, ToS 1, three times of 8
 * (little-endian doubles, milliseconds: sent, received, RTT), lost 1.
 *
 * <p>All its probes have the same signature: the Python sender distinguishes them by their source
 * port. Its reflector sends back what it got byte for byte, and nobody reads the received time and
 * the RTT on the wire, so ours carry the signature of {@link ProbeFormat} there.
 */
public final class LegacyProbe {

  /** Length of the datagram. */
  public static final int BYTES = 36;

  /** Offset of the ToS byte. */
  static final int AT_TOS = 10;

  private static final int AT_SENT = AT_TOS + 1;

  /** Offset of our own signature, in the received time and the RTT. */
  static final int AT_SIGNATURE = AT_SENT + Double.BYTES;

  private static final int AT_REST = AT_SIGNATURE + ProbeFormat.SIGNATURE_BYTES;
  private static final double NANOS_PER_MILLI = 1e6;

  private static final byte[] SIGNATURE = "__llama__\0".getBytes(StandardCharsets.US_ASCII);

  private LegacyProbe() {}

  /** Returns whether a datagram is one. */
  public static boolean matches(ByteBuffer bytes, int offset, int length) {
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
    return bytes.get(offset + AT_TOS) & 0xff;
  }

  /** The bits of the time of sending. */
  public static long sent(ByteBuffer bytes, int offset) {
    return bytes.getLong(offset + AT_SENT);
  }

  /** Writes a frame from the start of the buffer: all but signature and time. */
  public static void frame(ByteBuffer bytes, int tos) {
    for (int i = 0; i < SIGNATURE.length; i++) {
      bytes.put(i, SIGNATURE[i]);
    }
    bytes.put(AT_TOS, (byte) tos);
    for (int i = AT_REST; i < BYTES; i++) {
      bytes.put(i, (byte) 0);
    }
  }

  /** Writes what changes with each probe of ours. */
  public static void probe(ByteBuffer bytes, int nonce, int flow, int sequence, long nanos) {
    long millis = Double.doubleToRawLongBits(nanos / NANOS_PER_MILLI);
    bytes.putLong(AT_SENT, Long.reverseBytes(millis));
    ProbeWriter.signature(bytes, AT_SIGNATURE, nonce, flow, sequence);
  }
}
