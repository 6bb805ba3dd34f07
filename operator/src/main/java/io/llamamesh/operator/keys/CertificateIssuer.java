package io.llamamesh.operator.keys;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;

/**
 * Certificates of an authority of our own and of the server that it vouches for (RFC 5280). The JDK
 * can read and check them, and has no public way to make them.
 */
final class CertificateIssuer {
  private static final String ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
  private static final String COMMON_NAME = "2.5.4.3";
  private static final String BASIC_CONSTRAINTS = "2.5.29.19";
  private static final String KEY_USAGE = "2.5.29.15";
  private static final String SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
  private static final int DNS_NAME = 0x82;
  private static final int IP_ADDRESS = 0x87;
  private static final byte[] TRUE = Der.value(Der.BOOLEAN, new byte[] {(byte) 0xff});

  /** Bit 5, keyCertSign. */
  private static final byte[] SIGNS_CERTIFICATES = Der.value(Der.BIT_STRING, new byte[] {2, 4});

  private static final int SERIAL_BITS = 127;

  private CertificateIssuer() {}

  /** A key on the curve P-256. */
  static KeyPair keyPair() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  /** The certificate of an authority, by itself. */
  static X509Certificate authority(
      KeyPair key, String name, Instant from, Instant until, SecureRandom random)
      throws GeneralSecurityException {
    byte[] extensions =
        Der.sequence(
            extension(BASIC_CONSTRAINTS, true, Der.sequence(TRUE)),
            extension(KEY_USAGE, true, SIGNS_CERTIFICATES));
    byte[] subject = name(name);
    return signed(
        key.getPrivate(), subject, subject, key.getPublic(), from, until, extensions, random);
  }

  /**
   * The certificate of a server.
   *
   * @param host DNS name or address by which it is reached
   */
  static X509Certificate server(
      PrivateKey authorityKey,
      X509Certificate authority,
      PublicKey key,
      String host,
      Instant from,
      Instant until,
      SecureRandom random)
      throws GeneralSecurityException {
    byte[] extensions =
        Der.sequence(
            extension(SUBJECT_ALTERNATIVE_NAME, false, Der.sequence(alternativeName(host))));
    return signed(
        authorityKey,
        authority.getSubjectX500Principal().getEncoded(),
        name("llama-mesh keys"),
        key,
        from,
        until,
        extensions,
        random);
  }

  private static byte[] alternativeName(String host) throws GeneralSecurityException {
    boolean address = host.indexOf(':') >= 0 || host.matches("[0-9.]+");
    try {
      return address
          ? Der.value(IP_ADDRESS, InetAddress.ofLiteral(host).getAddress())
          : Der.value(DNS_NAME, host.getBytes(StandardCharsets.US_ASCII));
    } catch (IllegalArgumentException e) {
      throw new GeneralSecurityException(host + " is no address", e);
    }
  }

  private static X509Certificate signed(
      PrivateKey signer,
      byte[] issuer,
      byte[] subject,
      PublicKey key,
      Instant from,
      Instant until,
      byte[] extensions,
      SecureRandom random)
      throws GeneralSecurityException {
    byte[] algorithm = Der.sequence(Der.identifier(ECDSA_WITH_SHA256));
    byte[] content =
        Der.sequence(
            Der.value(0xa0, Der.integer(BigInteger.TWO)),
            Der.integer(new BigInteger(SERIAL_BITS, random).add(BigInteger.ONE)),
            algorithm,
            issuer,
            Der.sequence(Der.time(from), Der.time(until)),
            subject,
            key.getEncoded(),
            Der.value(0xa3, extensions));
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(signer);
    signature.update(content);
    byte[] whole = Der.sequence(content, algorithm, Der.bits(signature.sign()));
    return read(whole);
  }

  /** Reads a certificate in DER. */
  static X509Certificate read(byte[] der) throws GeneralSecurityException {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
  }

  private static byte[] name(String name) {
    return Der.sequence(Der.set(Der.sequence(Der.identifier(COMMON_NAME), Der.text(name))));
  }

  private static byte[] extension(String identifier, boolean critical, byte[] content) {
    byte[] wrapped = Der.value(Der.OCTET_STRING, content);
    return critical
        ? Der.sequence(Der.identifier(identifier), TRUE, wrapped)
        : Der.sequence(Der.identifier(identifier), wrapped);
  }
}
