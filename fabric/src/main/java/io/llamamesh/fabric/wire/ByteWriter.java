package io.llamamesh.fabric.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Bytes that grow. Numbers are unsigned and of variable length, seven bits a byte, low ones first.
 */
final class ByteWriter {

  private byte[] bytes = new byte[128];
  private int size;

  void octet(int value) {
    ensure(1);
    bytes[size++] = (byte) value;
  }

  void fixed64(long value) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      octet((int) (value >>> shift));
    }
  }

  void number(long value) {
    if (value < 0) {
      throw new IllegalArgumentException("a negative number");
    }
    long rest = value;
    while (rest > 0x7f) {
      octet((int) (rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    octet((int) rest);
  }

  void text(String text) {
    byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
    number(encoded.length);
    ensure(encoded.length);
    System.arraycopy(encoded, 0, bytes, size, encoded.length);
    size += encoded.length;
  }

  byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }

  int size() {
    return size;
  }

  private void ensure(int more) {
    if (size + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(size + more, bytes.length * 2));
    }
  }
}
