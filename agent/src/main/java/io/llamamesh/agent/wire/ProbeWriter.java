package io.llamamesh.agent.wire;

import java.nio.ByteBuffer;

/** Writes our probe: once the whole frame, then per probe only what changes. */
public final class ProbeWriter {

  private ProbeWriter() {}

  /**
   * Writes a frame of {@code length} bytes from the start of the buffer: all but signature and
   * time.
   *
   * @param length from {@link ProbeFormat#datagramBytes}
   * @param tos the byte to be mirrored; always written, Go LLAMA's reflector dies without it
   */
  public static void frame(ByteBuffer bytes, int length, int tos) {
    if (length < ProbeFormat.MIN_DATAGRAM || length > ProbeFormat.MAX_DATAGRAM) {
      throw new IllegalArgumentException("length of a probe is out of bounds: " + length);
    }
    bytes.put(0, (byte) ProbeFormat.TAG_SIGNATURE);
    bytes.put(1, (byte) ProbeFormat.SIGNATURE_BYTES);
    bytes.put(ProbeFormat.AT_TOS - 2, (byte) ProbeFormat.TAG_TOS);
    bytes.put(ProbeFormat.AT_TOS - 1, (byte) 1);
    bytes.put(ProbeFormat.AT_TOS, (byte) tos);
    bytes.put(ProbeFormat.AT_SENT - 1, (byte) ProbeFormat.TAG_SENT);
    bytes.put(ProbeFormat.AT_SLOTS - 2, (byte) ProbeFormat.TAG_SLOTS);
    bytes.put(ProbeFormat.AT_SLOTS - 1, (byte) Slots.BYTES);
    Slots.request(bytes, ProbeFormat.AT_SLOTS, 0);
    padding(bytes, length);
  }

  private static void padding(ByteBuffer bytes, int length) {
    int at = ProbeFormat.MIN_DATAGRAM;
    if (length == at) {
      return;
    }
    bytes.put(at++, (byte) ProbeFormat.TAG_PADDING);
    // The length takes one byte up to 127. Two bytes for a small number are legal and keep the sum.
    int rest = length - at - 1;
    if (rest <= 0x7f) {
      bytes.put(at++, (byte) rest);
    } else {
      rest--;
      bytes.put(at++, (byte) ((rest & 0x7f) | 0x80));
      bytes.put(at++, (byte) (rest >> 7));
    }
    while (at < length) {
      bytes.put(at++, (byte) 0);
    }
  }

  /** Writes the signature of one probe. */
  public static void signature(ByteBuffer bytes, int nonce, int flow, int sequence) {
    signature(bytes, ProbeFormat.AT_SIGNATURE, nonce, flow, sequence);
  }

  static void signature(ByteBuffer bytes, int at, int nonce, int flow, int sequence) {
    bytes.putInt(at, nonce);
    bytes.putShort(at + 4, (short) (flow >> 8));
    bytes.putInt(at + 6, (flow << 24) | (sequence & (ProbeFormat.MODULUS - 1)));
  }

  /**
   * Writes the tos of a frame as a number: udprobe reads it so and skips the byte of LLAMA, whose
   * reflector on the other hand throws such a probe away. Both take three bytes.
   */
  public static void tosAsNumber(ByteBuffer bytes, int tos) {
    bytes.put(ProbeFormat.AT_TOS - 2, (byte) ProbeFormat.TAG_TOS_NUMBER);
    bytes.put(ProbeFormat.AT_TOS - 1, (byte) ((tos & 0x7f) | 0x80));
    bytes.put(ProbeFormat.AT_TOS, (byte) ((tos >> 7) & 1));
  }

  /** Writes the flags of the request's slots. */
  public static void flags(ByteBuffer bytes, int flags) {
    bytes.put(ProbeFormat.AT_SLOTS + 4, (byte) flags);
  }

  /** Writes that no key of a pair signs the request, whose frame may have been used for others. */
  public static void withoutSender(ByteBuffer bytes) {
    Slots.sender(bytes, ProbeFormat.AT_SLOTS, 0);
  }

  /** Writes the time of sending as a varint of always 9 bytes: 63 bits, enough until 2262. */
  public static void sent(ByteBuffer bytes, long nanos) {
    int at = ProbeFormat.AT_SENT;
    for (int i = 0; i < ProbeFormat.SENT_BYTES - 1; i++) {
      bytes.put(at + i, (byte) (((nanos >>> (7 * i)) & 0x7f) | 0x80));
    }
    bytes.put(at + 8, (byte) ((nanos >>> 56) & 0x7f));
  }
}
