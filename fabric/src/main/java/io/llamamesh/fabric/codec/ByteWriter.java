package io.llamamesh.fabric.codec;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Growing buffer of bytes; the counterpart of {@link ByteReader}. */
public final class ByteWriter {

  private byte[] bytes = new byte[256];
  private int size;

  private void reserve(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), bytes.length * 2));
    }
  }

  /** Appends the low 8 bits. */
  public void writeByte(int value) {
    reserve(1);
    bytes[size++] = (byte) value;
  }

  /** Appends a number of 0 or more as LEB128, 1 to 9 bytes. */
  public void writeVarint(long value) {
    if (value < 0) {
      throw new IllegalArgumentException("negative: " + value);
    }
    reserve(9);
    long rest = value;
    while (rest > 0x7f) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  /** Appends 8 bytes, the highest first. */
  public void writeLong(long value) {
    reserve(8);
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes[size++] = (byte) (value >>> shift);
    }
  }

  /** Appends a length and so many bytes. */
  public void writeBytes(byte[] value) {
    writeVarint(value.length);
    reserve(value.length);
    System.arraycopy(value, 0, bytes, size, value.length);
    size += value.length;
  }

  /** Appends a text as its UTF-8 bytes. */
  public void writeText(String value) {
    writeBytes(value.getBytes(StandardCharsets.UTF_8));
  }

  /** Number of bytes so far. */
  public int size() {
    return size;
  }

  /** A copy of the bytes so far. */
  public byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }
}
