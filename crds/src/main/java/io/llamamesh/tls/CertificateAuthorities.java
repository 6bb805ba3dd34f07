package io.llamamesh.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.stream.Stream;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Trust in the certificate authorities of a text, and in nobody else. */
public final class CertificateAuthorities {
  private CertificateAuthorities() {}

  /**
   * A trust manager for them.
   *
   * @param text their certificates, PEM or DER, as {@link CertificateFactory} reads them
   * @return null where there is none in it, which each caller says in its own words
   * @throws GeneralSecurityException where they cannot be used
   */
  public static @Nullable X509ExtendedTrustManager trusting(byte[] text)
      throws GeneralSecurityException, IOException {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    int number = 0;
    for (Certificate authority :
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(text))) {
      trusted.setCertificateEntry("authority-" + number++, authority);
    }
    if (number == 0) {
      return null;
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    return Stream.of(factory.getTrustManagers())
        .filter(X509ExtendedTrustManager.class::isInstance)
        .map(X509ExtendedTrustManager.class::cast)
        .findFirst()
        .orElseThrow(
            () -> new GeneralSecurityException("the JDK has no trust manager for authorities"));
  }
}
