package io.llamamesh.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.tls.CertificateTrust;
import java.net.http.HttpClient;
import java.security.NoSuchAlgorithmException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;

class ApiHttpClientFactoryTest {
  private final ApiHttpClientFactory factory =
      new ApiHttpClientFactory(
          WatchLimits.DEFAULT, new WatchAges(), () -> true, new CertificateTrust());

  @Test
  void allSuitesAreOfferedThoseWithChaCha20First() throws NoSuchAlgorithmException {
    SSLContext context = SSLContext.getDefault();

    try (HttpClient client = factory.createNewHttpClientBuilder().sslContext(context).build()) {
      String[] suites = client.sslParameters().getCipherSuites();
      assertThat(suites[0]).isEqualTo("TLS_CHACHA20_POLY1305_SHA256");
      assertThat(suites)
          .containsExactlyInAnyOrder(context.getDefaultSSLParameters().getCipherSuites());
    }
  }

  @Test
  void whatIsSetOtherwiseStays() {
    SSLParameters given =
        new SSLParameters(new String[] {"TLS_AES_128_GCM_SHA256"}, new String[] {"TLSv1.3"});

    try (HttpClient client = factory.createNewHttpClientBuilder().sslParameters(given).build()) {
      assertThat(client.sslParameters().getCipherSuites())
          .containsExactly("TLS_AES_128_GCM_SHA256");
      assertThat(client.sslParameters().getProtocols()).containsExactly("TLSv1.3");
    }
  }
}
