package io.llamamesh.fabric.transport;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** HMAC-SHA-256 (RFC 2104) with one key; belongs to one thread. */
final class Hmac {

  /** Bytes of a whole code. */
  static final int BYTES = 32;

  /** Bytes of a code on frames and datagrams: the first half, as RFC 2104 allows. */
  static final int TRUNCATED = 16;

  private static final String ALGORITHM = "HmacSHA256";

  private final Mac mac;

  Hmac(byte[] key) {
    try {
      mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key, ALGORITHM));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HMAC-SHA-256", e);
    }
  }

  /** Bytes that name a purpose, so that no code for one purpose is one for another. */
  static byte[] label(String purpose) {
    return (purpose + '\0').getBytes(StandardCharsets.US_ASCII);
  }

  /** The code of these parts, one behind the other. */
  byte[] digest(byte[]... parts) {
    for (byte[] part : parts) {
      mac.update(part);
    }
    return mac.doFinal();
  }

  /** Writes the truncated code of a range of bytes behind it. */
  void seal(byte[] bytes, int from, int to) {
    mac.update(bytes, from, to - from);
    System.arraycopy(mac.doFinal(), 0, bytes, to, TRUNCATED);
  }

  /**
   * True when the truncated code behind a range of bytes is right; takes as long for a wrong one.
   */
  boolean verifies(byte[] bytes, int from, int to) {
    mac.update(bytes, from, to - from);
    byte[] expected = mac.doFinal();
    int difference = 0;
    for (int i = 0; i < TRUNCATED; i++) {
      difference |= expected[i] ^ bytes[to + i];
    }
    return difference == 0;
  }

  /** True when two codes are the same; takes as long for a wrong one. */
  static boolean isSame(byte[] one, byte[] other) {
    return MessageDigest.isEqual(one, other);
  }
}
