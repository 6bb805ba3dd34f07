package io.llamamesh.registration;

import io.llamamesh.tls.CertificateAuthorities;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** Trust in a registry whose certificate is from an authority of one's own. */
public final class RegistryTrust {
  private static final int MAX_BYTES = 1 << 20;

  private RegistryTrust() {}

  /**
   * Trust in the authorities of a file, and in nobody else.
   *
   * @param file PEM
   * @throws IllegalArgumentException where it cannot be used, saying why
   */
  public static SSLContext in(Path file) {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new IOException("it is larger than " + MAX_BYTES + " bytes");
      }
      X509ExtendedTrustManager trust = CertificateAuthorities.trusting(Files.readAllBytes(file));
      if (trust == null) {
        throw new GeneralSecurityException("it is empty");
      }
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {trust}, null);
      return context;
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException(file + " does not exist", e);
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalArgumentException(
          file + " holds no usable certificate: " + e.getMessage(), e);
    }
  }
}
