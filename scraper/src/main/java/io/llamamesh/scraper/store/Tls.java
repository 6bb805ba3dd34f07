package io.llamamesh.scraper.store;

import io.llamamesh.tls.CertificateAuthorities;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS settings of a store that is reached by {@code https}.
 *
 * @param context SSL context of its connections
 */
public record Tls(SSLContext context) {

  /**
   * The settings for these options; null for the JDK's own authorities.
   *
   * @param authorities PEM file with the authorities to trust; null: the JDK's
   * @param skipVerify true to trust any certificate
   * @throws IOException if the file cannot be read or holds no certificate
   */
  public static @Nullable Tls of(@Nullable Path authorities, boolean skipVerify)
      throws IOException {
    try {
      if (skipVerify) {
        return of(new TrustsAnybody());
      }
      return authorities == null ? null : of(trusting(authorities));
    } catch (GeneralSecurityException e) {
      throw new IOException(authorities + " holds no usable certificate: " + e.getMessage(), e);
    }
  }

  private static Tls of(X509TrustManager trust) throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {trust}, null);
    return new Tls(context);
  }

  private static X509TrustManager trusting(Path file) throws IOException, GeneralSecurityException {
    X509TrustManager trust = CertificateAuthorities.trusting(Files.readAllBytes(file));
    if (trust == null) {
      throw new GeneralSecurityException("it is empty");
    }
    return trust;
  }

  /** Trust manager for {@code insecureSkipVerify}. */
  private static final class TrustsAnybody extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
