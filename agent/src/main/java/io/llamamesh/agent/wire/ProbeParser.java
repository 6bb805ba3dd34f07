package io.llamamesh.agent.wire;

import java.nio.ByteBuffer;

/**
 * Parser of LLAMA probes of any implementation. One object is reused by one thread; its fields are
 * valid until the next {@link #tryParse}.
 *
 * <p>As in protobuf, fields may come in any order, the last of several wins, and unknown ones are
 * skipped. What is not well-formed is refused; nothing is thrown for any input within the buffer.
 */
public final class ProbeParser {

  private static final int NONE = -1;

  private int at;
  private int end;
  private long varint;
  private int signatureAt;
  private int tosAt;
  private int slotsAt;
  private int sentAt;
  private boolean tosNumber;
  private boolean ourFrame;
  private boolean received;
  private int padding;

  /**
   * Parses one datagram.
   *
   * @return true when it is a probe: well-formed, with a signature of {@value
   *     ProbeFormat#SIGNATURE_BYTES} bytes. Its tos is one byte (LLAMA), a number (udprobe) or
   *     absent, which is how udprobe writes 0
   */
  public boolean tryParse(ByteBuffer bytes, int offset, int length) {
    if (OurFrame.matches(bytes, offset, length)) {
      signatureAt = offset + ProbeFormat.AT_SIGNATURE;
      tosAt = offset + ProbeFormat.AT_TOS;
      sentAt = offset + ProbeFormat.AT_SENT;
      slotsAt = offset + ProbeFormat.AT_SLOTS;
      tosNumber = false;
      ourFrame = true;
      return true;
    }
    return tryParseFields(bytes, offset, length);
  }

  /** The same, field by field: for what others wrote. */
  boolean tryParseFields(ByteBuffer bytes, int offset, int length) {
    at = offset;
    end = offset + length;
    signatureAt = NONE;
    tosAt = NONE;
    sentAt = NONE;
    slotsAt = NONE;
    tosNumber = false;
    ourFrame = false;
    received = false;
    padding = 0;
    while (at < end) {
      if (!tryReadVarint(bytes)
          || varint >>> 32 != 0
          || !field((int) (varint >>> 3), (int) varint & 7, bytes)) {
        return false;
      }
    }
    return signatureAt != NONE;
  }

  /**
   * Parses a datagram of the Python LLAMA's form for our signature in it, see {@link LegacyProbe}.
   *
   * @return true when it has that shape; it has no slots and no time of ours
   */
  public boolean tryParseLegacy(ByteBuffer bytes, int offset, int length) {
    if (!LegacyProbe.matches(bytes, offset, length)) {
      return false;
    }
    signatureAt = offset + LegacyProbe.AT_SIGNATURE;
    tosAt = offset + LegacyProbe.AT_TOS;
    slotsAt = NONE;
    sentAt = NONE;
    tosNumber = false;
    ourFrame = false;
    received = false;
    padding = NONE;
    return true;
  }

  /**
   * Parses only the signature at the very beginning, where our frames have it, of a datagram that
   * is no probe or a truncated one.
   *
   * @return true when there is one; everything else is unknown then
   */
  public boolean tryParseSignature(ByteBuffer bytes, int offset, int length) {
    tosAt = NONE;
    slotsAt = NONE;
    sentAt = NONE;
    boolean found =
        length >= ProbeFormat.AT_SIGNATURE + ProbeFormat.SIGNATURE_BYTES
            && bytes.get(offset) == ProbeFormat.TAG_SIGNATURE
            && bytes.get(offset + 1) == ProbeFormat.SIGNATURE_BYTES;
    signatureAt = found ? offset + ProbeFormat.AT_SIGNATURE : NONE;
    return found;
  }

  private boolean field(int number, int type, ByteBuffer bytes) {
    if (number == 0) {
      return false;
    }
    return switch (type) {
      case 0 -> number(number, bytes);
      case 1 -> trySkip(8);
      case 2 ->
          tryReadVarint(bytes)
              && varint >= 0
              && varint <= end - at
              && blob(number, (int) varint, bytes);
      case 5 -> trySkip(4);
      // Groups: nobody sends them, and skipping them would need a stack.
      default -> false;
    };
  }

  private boolean number(int number, ByteBuffer bytes) {
    int start = at;
    if (!tryReadVarint(bytes)) {
      return false;
    }
    switch (number) {
      case 2 -> {
        tosAt = start;
        tosNumber = true;
      }
      case 3 -> sentAt = start;
      case 4 -> received = varint != 0;
      default -> {
        // of no use to us
      }
    }
    return true;
  }

  private boolean blob(int number, int length, ByteBuffer bytes) {
    int start = at;
    at += length;
    return switch (number) {
      case 1 -> {
        signatureAt = start;
        yield length == ProbeFormat.SIGNATURE_BYTES;
      }
      case 2 -> {
        tosAt = start;
        tosNumber = false;
        yield length == 1;
      }
      case 7 -> {
        padding = length;
        yield true;
      }
      case 8 -> {
        slotsAt = length == Slots.BYTES && Slots.matches(bytes, start) ? start : NONE;
        yield true;
      }
      default -> true;
    };
  }

  private boolean trySkip(int count) {
    if (count > end - at) {
      return false;
    }
    at += count;
    return true;
  }

  private boolean tryReadVarint(ByteBuffer bytes) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at >= end) {
        return false;
      }
      byte b = bytes.get(at++);
      if (shift == 63 && (b & 0xfe) != 0) {
        return false;
      }
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        varint = value;
        return true;
      }
    }
    return false;
  }

  /** Process nonce of the signature. */
  public int nonce(ByteBuffer bytes) {
    return bytes.getInt(signatureAt);
  }

  /** Flow of the signature, 24 bits. */
  public int flow(ByteBuffer bytes) {
    return bytes.getInt(signatureAt + 4) >>> 8;
  }

  /** Sequence of the signature, 24 bits. */
  public int sequence(ByteBuffer bytes) {
    return bytes.getInt(signatureAt + 6) & (ProbeFormat.MODULUS - 1);
  }

  /** Nonce and flow as one number. */
  public long nonceAndFlow(ByteBuffer bytes) {
    return bytes.getLong(signatureAt) >>> 8;
  }

  /**
   * ToS or traffic class byte that the sender asks to have mirrored; of a number the low 8 bits.
   */
  public int tos(ByteBuffer bytes) {
    if (tosAt == NONE) {
      return 0;
    }
    int low = bytes.get(tosAt);
    return tosNumber && low < 0 ? (low & 0x7f) | (bytes.get(tosAt + 1) & 1) << 7 : low & 0xff;
  }

  /** Returns whether the ToS is a number, as udprobe reads and writes it. */
  public boolean isTosNumber() {
    return tosNumber;
  }

  /** Returns whether the fields lie elsewhere than {@link ProbeWriter} puts them. */
  public boolean isForeignFrame() {
    return !ourFrame;
  }

  /** Returns whether a reflector wrote its own time into a foreign frame, as udprobe's does. */
  public boolean hasReceived() {
    return !ourFrame && received;
  }

  /** Bytes of padding in a foreign frame; meaningless unless {@link #isForeignFrame}. */
  public int padding() {
    return padding;
  }

  /** The sender's clock, as it wrote it; 0 where it did not. */
  public long sent(ByteBuffer bytes) {
    long value = 0;
    if (sentAt != NONE) {
      int shift = 0;
      byte b;
      do {
        b = bytes.get(sentAt + shift / 7);
        value |= (long) (b & 0x7f) << shift;
        shift += 7;
      } while (b < 0);
    }
    return value;
  }

  /** Returns whether it has our slots, of a known version. */
  public boolean hasSlots() {
    return slotsAt != NONE;
  }

  /** Offset of the slots; meaningless unless {@link #hasSlots}. */
  public int slotsAt() {
    return slotsAt;
  }
}
