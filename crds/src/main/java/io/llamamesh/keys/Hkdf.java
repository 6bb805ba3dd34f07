package io.llamamesh.keys;

import java.security.GeneralSecurityException;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;

/** HKDF with HMAC-SHA-256 (RFC 5869), by the JDK. */
final class Hkdf {
  private Hkdf() {}

  /**
   * Derives bytes from a secret.
   *
   * @param salt may be empty
   * @param info what they are for
   * @param bytes up to 8,160
   */
  static byte[] derive(byte[] secret, byte[] salt, byte[] info, int bytes) {
    HKDFParameterSpec.Builder extract = HKDFParameterSpec.ofExtract().addIKM(secret);
    if (salt.length > 0) {
      extract.addSalt(salt);
    }
    try {
      return KDF.getInstance("HKDF-SHA256").deriveData(extract.thenExpand(info, bytes));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK has no HKDF-SHA256", e);
    }
  }
}
