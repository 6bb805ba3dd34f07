package io.llamamesh.agent.wire;

import java.nio.ByteBuffer;

/**
 * Fast check for a datagram whose fields lie exactly where {@link ProbeWriter} puts them. Nearly
 * all do, and parsing field by field costs five times as much.
 */
final class OurFrame {

  private static final short SIGNATURE =
      (short) (ProbeFormat.TAG_SIGNATURE << 8 | ProbeFormat.SIGNATURE_BYTES);
  private static final short TOS = (short) (ProbeFormat.TAG_TOS << 8 | 1);
  private static final short SLOTS = (short) (ProbeFormat.TAG_SLOTS << 8 | Slots.BYTES);

  /** All bytes of a varint but its last have this bit. */
  private static final long GO_ON = 0x8080_8080_8080_8080L;

  private static final int LAST = 0x80;

  private OurFrame() {}

  /** Returns whether it is such a probe, complete and with slots of a known version. */
  static boolean matches(ByteBuffer bytes, int offset, int length) {
    return length >= ProbeFormat.MIN_DATAGRAM
        && bytes.getShort(offset) == SIGNATURE
        && bytes.getShort(offset + ProbeFormat.AT_TOS - 2) == TOS
        && bytes.get(offset + ProbeFormat.AT_SENT - 1) == ProbeFormat.TAG_SENT
        && (bytes.getLong(offset + ProbeFormat.AT_SENT) & GO_ON) == GO_ON
        && (bytes.get(offset + ProbeFormat.AT_SENT + ProbeFormat.SENT_BYTES - 1) & LAST) == 0
        && bytes.getShort(offset + ProbeFormat.AT_SLOTS - 2) == SLOTS
        && Slots.matches(bytes, offset + ProbeFormat.AT_SLOTS)
        && isPadded(bytes, offset + ProbeFormat.MIN_DATAGRAM, offset + length);
  }

  /** Returns whether nothing follows, or one padding that ends where the datagram does. */
  private static boolean isPadded(ByteBuffer bytes, int at, int end) {
    if (at == end) {
      return true;
    }
    if (end - at < 2 || bytes.get(at) != ProbeFormat.TAG_PADDING) {
      return false;
    }
    int low = bytes.get(at + 1);
    if (low >= 0) {
      return at + 2 + low == end;
    }
    int high = end - at < 3 ? -1 : bytes.get(at + 2);
    return high >= 0 && at + 3 + ((low & 0x7f) | high << 7) == end;
  }
}
