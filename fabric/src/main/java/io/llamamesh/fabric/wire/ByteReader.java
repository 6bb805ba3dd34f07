package io.llamamesh.fabric.wire;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads what {@link ByteWriter} has written, and believes nothing. */
final class ByteReader {

  private final byte[] bytes;
  private int at;

  ByteReader(byte[] bytes) {
    this.bytes = bytes;
  }

  int octet() throws MalformedMessageException {
    if (at == bytes.length) {
      throw new MalformedMessageException("it ends too early");
    }
    return bytes[at++] & 0xff;
  }

  long fixed64() throws MalformedMessageException {
    long value = 0;
    for (int i = 0; i < 8; i++) {
      value = value << 8 | octet();
    }
    return value;
  }

  long number() throws MalformedMessageException {
    long value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      int octet = octet();
      value |= (long) (octet & 0x7f) << shift;
      if ((octet & 0x80) == 0) {
        if (octet == 0 && shift > 0) {
          throw new MalformedMessageException("a number is longer than it need be");
        }
        return value;
      }
    }
    throw new MalformedMessageException("a number has too many bytes");
  }

  /** A number of things that follow, each of at least one byte. */
  int count(int atMost) throws MalformedMessageException {
    long count = number();
    if (count > atMost || count > bytes.length - at) {
      throw new MalformedMessageException("a list of " + count + " is too long");
    }
    return (int) count;
  }

  String text(int atMost) throws MalformedMessageException {
    int length = count(4 * atMost);
    try {
      String text =
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, at, length)).toString();
      at += length;
      if (text.length() > atMost) {
        throw new MalformedMessageException("a text is too long");
      }
      return text;
    } catch (CharacterCodingException e) {
      throw new MalformedMessageException("a text is not UTF-8");
    }
  }

  void end() throws MalformedMessageException {
    if (at != bytes.length) {
      throw new MalformedMessageException((bytes.length - at) + " bytes too many");
    }
  }
}
