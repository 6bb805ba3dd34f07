package io.llamamesh.kube;

import io.llamamesh.tls.CertificateAuthorities;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Trusts the certificate authorities in a file as it is with each new connection: a cluster that
 * exchanges its authority writes the new one where the old one was, and nobody restarts for it.
 * While the file cannot be used those that were known are trusted. Any thread may call.
 */
final class ReloadingTrustManager extends X509ExtendedTrustManager {
  private final Path file;
  private byte[] text;
  private X509ExtendedTrustManager trust;

  /**
   * Reads the file.
   *
   * @throws IOException where it cannot be read or has no certificate
   */
  ReloadingTrustManager(Path file) throws IOException {
    this.file = file;
    this.text = Files.readAllBytes(file);
    this.trust = trusting(text);
  }

  private synchronized X509ExtendedTrustManager present() {
    try {
      byte[] now = Files.readAllBytes(file);
      if (!Arrays.equals(now, text)) {
        trust = trusting(now);
        text = now;
      }
    } catch (IOException e) {
      // Being written, or gone for a moment.
      return trust;
    }
    return trust;
  }

  private static X509ExtendedTrustManager trusting(byte[] authorities) throws IOException {
    try {
      X509ExtendedTrustManager trust = CertificateAuthorities.trusting(authorities);
      if (trust == null) {
        throw new IOException("no certificate authority in it");
      }
      return trust;
    } catch (GeneralSecurityException e) {
      throw new IOException("certificate authority cannot be used: " + e.getMessage(), e);
    }
  }

  private interface Check {
    void with(X509ExtendedTrustManager trust) throws CertificateException;
  }

  private void check(Check check) throws CertificateException {
    try {
      check.with(present());
    } catch (CertificateException e) {
      Throwable reason = e;
      while (reason.getCause() != null) {
        reason = reason.getCause();
      }
      throw new CertificateException(
          "certificate not trusted by the authorities in " + file + ": " + reason.getMessage(), e);
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    check(trust -> trust.checkServerTrusted(chain, type, engine));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    check(trust -> trust.checkServerTrusted(chain, type, socket));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    check(trust -> trust.checkServerTrusted(chain, type));
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    check(trust -> trust.checkClientTrusted(chain, type, engine));
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    check(trust -> trust.checkClientTrusted(chain, type, socket));
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    check(trust -> trust.checkClientTrusted(chain, type));
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return present().getAcceptedIssuers();
  }
}
