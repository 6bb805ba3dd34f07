package io.llamamesh.agent.kube;

import io.llamamesh.tls.CertificateAuthorities;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Certificate authorities that are trusted for the API, and only for it. A file is read again when
 * it changes: a cluster that rotates its authority writes the new one there. For one thread.
 */
final class Authorities {

  private final @Nullable Path file;
  private byte[] text;
  private SSLSocketFactory sockets;

  private Authorities(@Nullable Path file, byte[] text) throws IOException {
    this.file = file;
    this.text = text;
    this.sockets = sockets(text);
  }

  /** Those that a file holds now and later. */
  static Authorities of(Path file) throws IOException {
    return new Authorities(file, Files.readAllBytes(file));
  }

  /** Always the same. */
  static Authorities fixed(byte[] text) throws IOException {
    return new Authorities(null, text);
  }

  /** Sockets that trust them; the same object for as long as the authorities are the same. */
  SSLSocketFactory sockets() {
    if (file != null) {
      try {
        byte[] now = Files.readAllBytes(file);
        if (!Arrays.equals(now, text)) {
          sockets = sockets(now);
          text = now;
        }
      } catch (IOException e) {
        // Being written, or gone for a moment: those that were known go on.
        return sockets;
      }
    }
    return sockets;
  }

  private static SSLSocketFactory sockets(byte[] authorities) throws IOException {
    try {
      X509ExtendedTrustManager trust = CertificateAuthorities.trusting(authorities);
      if (trust == null) {
        throw new IOException("certificate authority cannot be used: no certificate in it");
      }
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {trust}, null);
      return context.getSocketFactory();
    } catch (GeneralSecurityException e) {
      throw new IOException("certificate authority cannot be used: " + e.getMessage(), e);
    }
  }
}
