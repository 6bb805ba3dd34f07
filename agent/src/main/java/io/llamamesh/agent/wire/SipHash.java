package io.llamamesh.agent.wire;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** SipHash-2-4 with 64 bits of output (Aumasson and Bernstein, 2012): a short, fast keyed hash. */
public final class SipHash {

  private SipHash() {}

  /**
   * Hashes a range of a big-endian buffer; allocates nothing.
   *
   * @param k0 first half of the key, its bytes read little-endian
   * @param k1 second half
   */
  public static long hash(long k0, long k1, ByteBuffer bytes, int offset, int length) {
    long v0 = k0 ^ 0x736f6d6570736575L;
    long v1 = k1 ^ 0x646f72616e646f6dL;
    long v2 = k0 ^ 0x6c7967656e657261L;
    long v3 = k1 ^ 0x7465646279746573L;
    int blocks = length / 8;
    // The rounds stand here twice: with a number that varies the compiler would not unroll them.
    for (int i = 0; i <= blocks; i++) {
      long m = i < blocks ? word(bytes, offset + 8 * i) : tail(bytes, offset, length);
      v3 ^= m;
      for (int round = 0; round < 2; round++) {
        v0 += v1;
        v2 += v3;
        v1 = Long.rotateLeft(v1, 13) ^ v0;
        v3 = Long.rotateLeft(v3, 16) ^ v2;
        v0 = Long.rotateLeft(v0, 32);
        v2 += v1;
        v0 += v3;
        v1 = Long.rotateLeft(v1, 17) ^ v2;
        v3 = Long.rotateLeft(v3, 21) ^ v0;
        v2 = Long.rotateLeft(v2, 32);
      }
      v0 ^= m;
    }
    v2 ^= 0xff;
    for (int round = 0; round < 4; round++) {
      v0 += v1;
      v2 += v3;
      v1 = Long.rotateLeft(v1, 13) ^ v0;
      v3 = Long.rotateLeft(v3, 16) ^ v2;
      v0 = Long.rotateLeft(v0, 32);
      v2 += v1;
      v0 += v3;
      v1 = Long.rotateLeft(v1, 17) ^ v2;
      v3 = Long.rotateLeft(v3, 21) ^ v0;
      v2 = Long.rotateLeft(v2, 32);
    }
    return v0 ^ v1 ^ v2 ^ v3;
  }

  private static long word(ByteBuffer bytes, int at) {
    long raw = bytes.getLong(at);
    return bytes.order() == ByteOrder.BIG_ENDIAN ? Long.reverseBytes(raw) : raw;
  }

  /** The bytes that fill no word, and the length in the highest byte. */
  private static long tail(ByteBuffer bytes, int offset, int length) {
    long last = (long) length << 56;
    int start = length & ~7;
    for (int i = start; i < length; i++) {
      last |= (bytes.get(offset + i) & 0xffL) << (8 * (i - start));
    }
    return last;
  }
}
