package io.llamamesh.fabric.store;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Hashes by which two stores find out what differs: the first 64 bits of SHA-256. */
final class Digest {

  /** Buckets of a summary, as many as a {@code long} has bits. */
  static final int BUCKETS = Long.SIZE;

  private Digest() {}

  /** Hash of a key's encoded document, never 0. */
  static long hash(String key, byte[] encoded) {
    MessageDigest sha = sha256();
    sha.update(key.getBytes(StandardCharsets.UTF_8));
    sha.update((byte) 0);
    byte[] digest = sha.digest(encoded);
    long hash = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      hash = (hash << 8) | (digest[i] & 0xff);
    }
    return hash == 0 ? 1 : hash;
  }

  /** Bucket of a key; the same on every node, since {@link String#hashCode} is specified. */
  static int bucket(String key) {
    int hash = key.hashCode();
    return (hash ^ (hash >>> 6) ^ (hash >>> 12) ^ (hash >>> 18) ^ (hash >>> 24)) & (BUCKETS - 1);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
