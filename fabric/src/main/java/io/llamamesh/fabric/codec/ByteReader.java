package io.llamamesh.fabric.codec;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reader of what a stranger may have sent: every length is checked against a bound and against what
 * is left before anything is allocated.
 */
public final class ByteReader {

  private final byte[] bytes;
  private int position;

  /** A reader at the first of the bytes, which it does not copy. */
  public ByteReader(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Number of bytes not yet read. */
  public int remaining() {
    return bytes.length - position;
  }

  /** Next byte, 0 to 255. */
  public int readByte() throws CodecException {
    if (position == bytes.length) {
      throw new CodecException("ends early");
    }
    return bytes[position++] & 0xff;
  }

  /** Next LEB128 number, from 0 to a bound. */
  public long readVarint(long max) throws CodecException {
    long value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      int next = readByte();
      value |= (long) (next & 0x7f) << shift;
      if (next < 0x80) {
        if (value > max) {
          throw new CodecException("number " + value + " above " + max);
        }
        if (next == 0 && shift > 0) {
          throw new CodecException("number longer than need be");
        }
        return value;
      }
    }
    throw new CodecException("number of more than 63 bits");
  }

  /**
   * Next number of items that follow, each of which takes at least one byte.
   *
   * @param max the bound, whatever is left
   */
  public int readCount(int max) throws CodecException {
    return (int) readVarint(Math.min(max, remaining() - 1));
  }

  /** Next 8 bytes. */
  public long readLong() throws CodecException {
    long value = 0;
    for (int i = 0; i < 8; i++) {
      value = (value << 8) | readByte();
    }
    return value;
  }

  /** Next bytes with their length before them. */
  public byte[] readBytes(int max) throws CodecException {
    int length = (int) readVarint(max);
    if (length > remaining()) {
      throw new CodecException("ends early");
    }
    position += length;
    return Arrays.copyOfRange(bytes, position - length, position);
  }

  /** Next text; not well-formed UTF-8 is refused. */
  public String readText(int maxBytes) throws CodecException {
    byte[] text = readBytes(maxBytes);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
    } catch (CharacterCodingException e) {
      throw new CodecException("text is not UTF-8");
    }
  }

  /** Checks that nothing is left. */
  public void expectEnd() throws CodecException {
    if (remaining() > 0) {
      throw new CodecException(remaining() + " bytes too many");
    }
  }
}
