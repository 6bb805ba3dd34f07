package io.llamamesh.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's certificate and key from PEM files, read again when they have changed: certificates
 * are renewed while the program runs. Thread-safe.
 */
public final class ServerCertificate {
  private static final Logger LOG = LoggerFactory.getLogger(ServerCertificate.class);
  private static final long CHECK_EVERY_NANOS = 10_000_000_000L;
  private static final int MAX_BYTES = 256 << 10;
  private static final String ALIAS = "server";
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");

  private final Path chainFile;
  private final Path keyFile;
  private final LongSupplier nanos;
  private Pair pair;
  private long checked;
  private @Nullable String complaint;

  @SuppressWarnings("ArrayRecordComponent") // As the key manager hands it out.
  private record Pair(List<FileTime> readAs, PrivateKey key, X509Certificate[] chain) {}

  private ServerCertificate(Path chainFile, Path keyFile, LongSupplier nanos) throws IOException {
    this.chainFile = chainFile;
    this.keyFile = keyFile;
    this.nanos = nanos;
    this.pair = read();
    this.checked = nanos.getAsLong();
  }

  /**
   * A context that serves by them.
   *
   * @param chainFile the certificate and those between it and its authority, PEM
   * @param keyFile its key, PKCS #8 in PEM
   * @throws IOException where they cannot be used, saying which and why
   */
  public static SSLContext context(Path chainFile, Path keyFile, LongSupplier nanos)
      throws IOException {
    ServerCertificate certificate = new ServerCertificate(chainFile, keyFile, nanos);
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {certificate.new Keys()}, null, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("the JDK cannot serve TLS: " + e.getMessage(), e);
    }
  }

  private Pair read() throws IOException {
    List<FileTime> times =
        List.of(Files.getLastModifiedTime(chainFile), Files.getLastModifiedTime(keyFile));
    X509Certificate[] chain;
    try {
      chain =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(bytes(chainFile)))
              .toArray(new X509Certificate[0]);
    } catch (GeneralSecurityException | ArrayStoreException e) {
      throw new IOException(chainFile + " holds no certificate in PEM: " + e.getMessage(), e);
    }
    if (chain.length == 0) {
      throw new IOException(chainFile + " holds no certificate in PEM");
    }
    Matcher pem = KEY.matcher(new String(bytes(keyFile), StandardCharsets.US_ASCII));
    if (!pem.find()) {
      throw new IOException(
          keyFile + " holds no 'BEGIN PRIVATE KEY'; convert it by 'openssl pkcs8 -topk8 -nocrypt'");
    }
    PrivateKey key = key(chain[0].getPublicKey(), pem.group(1));
    return new Pair(times, key, chain);
  }

  private PrivateKey key(PublicKey ofCertificate, String base64) throws IOException {
    try {
      byte[] encoded = Base64.getMimeDecoder().decode(base64);
      return KeyFactory.getInstance(ofCertificate.getAlgorithm())
          .generatePrivate(new PKCS8EncodedKeySpec(encoded));
    } catch (InvalidKeySpecException e) {
      throw new IOException(keyFile + " is not the key of " + chainFile, e);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException(keyFile + " cannot be used: " + e.getMessage(), e);
    }
  }

  private static byte[] bytes(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(file + " is larger than " + MAX_BYTES + " bytes");
    }
    return Files.readAllBytes(file);
  }

  private synchronized Pair current() {
    long now = nanos.getAsLong();
    if (now - checked >= CHECK_EVERY_NANOS) {
      checked = now;
      try {
        List<FileTime> times =
            List.of(Files.getLastModifiedTime(chainFile), Files.getLastModifiedTime(keyFile));
        if (!times.equals(pair.readAs())) {
          pair = read();
          LOG.info(
              "certificate read again file={} until={}",
              chainFile,
              pair.chain()[0].getNotAfter().toInstant());
        }
        complaint = null;
      } catch (IOException e) {
        if (!e.toString().equals(complaint)) {
          complaint = e.toString();
          LOG.warn("certificate not readable, the last one stays error={}", complaint);
        }
      }
    }
    return pair;
  }

  /** Hands out what the files say now. */
  private final class Keys extends X509ExtendedKeyManager {
    @Override
    public String chooseEngineServerAlias(
        String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
      return chooseServerAlias(keyType, issuers, null);
    }

    // The interface's null, which it does not say: no key of that type.
    @SuppressWarnings("NullAway")
    @Override
    public String chooseServerAlias(
        String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
      String algorithm = current().key().getAlgorithm();
      boolean fits =
          keyType.equals(algorithm)
              || keyType.startsWith(algorithm + "SSA")
              || (algorithm.equals("EdDSA") && keyType.startsWith("Ed"));
      return fits ? ALIAS : null;
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return current().chain();
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return current().key();
    }

    @Override
    public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
      return new String[] {ALIAS};
    }

    @Override
    public String[] getClientAliases(String keyType, Principal @Nullable [] issuers) {
      return new String[0];
    }

    @SuppressWarnings("NullAway")
    @Override
    public String chooseClientAlias(
        String[] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return null;
    }
  }
}
