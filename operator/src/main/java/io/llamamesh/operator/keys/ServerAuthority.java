package io.llamamesh.operator.keys;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The authority that vouches for the server of keys, and its successor once its end is near: pods
 * trust both, and the older one signs for as long as it can, so that all know the next one by then.
 *
 * @param authorities oldest first, at least one
 */
record ServerAuthority(List<Authority> authorities) {
  static final Duration LIFE = Duration.ofDays(3650);

  /** Time before its end at which a successor is made. */
  static final Duration RENEW_BEFORE = Duration.ofDays(365);

  /** Time before its end from which it signs no more. */
  static final Duration SIGN_UNTIL = Duration.ofDays(60);

  static final Duration SERVER_LIFE = Duration.ofDays(30);

  /** Clocks of nodes may be behind. */
  private static final Duration SKEW = Duration.ofDays(1);

  private static final int MOST = 8;
  private static final Base64.Encoder PEM = Base64.getMimeEncoder(64, new byte[] {'\n'});

  ServerAuthority {
    authorities = List.copyOf(authorities);
    if (authorities.isEmpty() || authorities.size() > MOST) {
      throw new IllegalArgumentException("1 to " + MOST + " authorities are needed");
    }
  }

  /** A certificate with its key. */
  record Authority(X509Certificate certificate, PrivateKey key) {
    Instant end() {
      return certificate.getNotAfter().toInstant();
    }

    /** Never the key: this may end up in a log. */
    @Override
    public String toString() {
      return "Authority[" + certificate.getSubjectX500Principal() + "]";
    }
  }

  /** A new one, alone. */
  static ServerAuthority first(Instant now, SecureRandom random) throws GeneralSecurityException {
    return new ServerAuthority(List.of(made(now, random)));
  }

  private static Authority made(Instant now, SecureRandom random) throws GeneralSecurityException {
    KeyPair key = CertificateIssuer.keyPair();
    X509Certificate certificate =
        CertificateIssuer.authority(
            key,
            "llama-mesh keys authority " + now.getEpochSecond(),
            now.minus(SKEW),
            now.plus(LIFE),
            random);
    return new Authority(certificate, key.getPrivate());
  }

  /** True when a successor is due, or one has ended. */
  boolean isRenewalDue(Instant now) {
    return !now.isBefore(authorities.getLast().end().minus(RENEW_BEFORE))
        || !now.isBefore(authorities.getFirst().end());
  }

  /** The same with a successor where one is due, without those that have ended. */
  ServerAuthority renewed(Instant now, SecureRandom random) throws GeneralSecurityException {
    List<Authority> next = new ArrayList<>(authorities);
    next.removeIf(authority -> !now.isBefore(authority.end()));
    if (next.isEmpty() || !now.isBefore(next.getLast().end().minus(RENEW_BEFORE))) {
      next.add(made(now, random));
    }
    return new ServerAuthority(next);
  }

  /** All certificates, PEM. */
  String pem() {
    return authorities.stream()
        .map(authority -> pem("CERTIFICATE", encoded(authority.certificate())))
        .collect(Collectors.joining());
  }

  /** A server's certificate and key, by the one that signs now. */
  ServerIdentity serverIdentity(String host, Instant now, SecureRandom random)
      throws GeneralSecurityException {
    Authority signer =
        authorities.stream()
            .filter(authority -> now.isBefore(authority.end().minus(SIGN_UNTIL)))
            .findFirst()
            .orElse(authorities.getLast());
    KeyPair key = CertificateIssuer.keyPair();
    X509Certificate certificate =
        CertificateIssuer.server(
            signer.key(),
            signer.certificate(),
            key.getPublic(),
            host,
            now.minus(SKEW),
            now.plus(SERVER_LIFE),
            random);
    return new ServerIdentity(certificate, key.getPrivate(), now.plus(SERVER_LIFE.dividedBy(2)));
  }

  /**
   * What a server shows.
   *
   * @param renewFrom when another one is due
   */
  record ServerIdentity(X509Certificate certificate, PrivateKey key, Instant renewFrom) {
    /** Never the key: this may end up in a log. */
    @Override
    public String toString() {
      return "ServerIdentity[until=" + certificate.getNotAfter() + "]";
    }
  }

  /** Certificates and keys as the Secret keeps them: a line of each, in base64. */
  String text() {
    Base64.Encoder encoder = Base64.getEncoder();
    return authorities.stream()
        .map(authority ->
            encoder.encodeToString(encoded(authority.certificate()))
                + " "
                + encoder.encodeToString(authority.key().getEncoded())
                + "\n")
        .collect(Collectors.joining());
  }

  /**
   * Reads what {@link #text} wrote.
   *
   * @throws GeneralSecurityException where it is not that; the message quotes nothing of it
   */
  static ServerAuthority parse(String text) throws GeneralSecurityException {
    List<Authority> read = new ArrayList<>();
    try {
      for (String line : text.lines().limit(MOST + 1L).toList()) {
        String[] parts = line.split(" ", -1);
        if (parts.length != 2) {
          throw new GeneralSecurityException("a line has no certificate and key");
        }
        read.add(
            new Authority(
                CertificateIssuer.read(Base64.getDecoder().decode(parts[0])),
                KeyFactory.getInstance("EC")
                    .generatePrivate(
                        new PKCS8EncodedKeySpec(Base64.getDecoder().decode(parts[1])))));
      }
      return new ServerAuthority(read);
    } catch (IllegalArgumentException e) {
      throw new GeneralSecurityException("it holds no list of authorities");
    }
  }

  private static byte[] encoded(X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a certificate that was read can be written", e);
    }
  }

  private static String pem(String type, byte[] der) {
    return "-----BEGIN "
        + type
        + "-----\n"
        + new String(PEM.encode(der), StandardCharsets.US_ASCII)
        + "\n-----END "
        + type
        + "-----\n";
  }
}
