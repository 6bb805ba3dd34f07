package io.llamamesh.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.security.cert.CertificateException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

class CertificateTrustTest {
  private static final String SERVER = "https://10.96.0.1";

  private final AtomicLong nanos = new AtomicLong();
  private final CertificateTrust trust = new CertificateTrust(nanos::get);

  @Test
  void eachAttemptThatEndedForTheCertificateCountsHoweverDeepThatIsTold() {
    IOException handshake = new SSLHandshakeException("unknown");
    handshake.initCause(new CertificateException("not by the authorities in ca.crt"));

    trust.failed(SERVER, handshake);
    trust.failed(SERVER, new CompletionException(new IOException("get", handshake)));

    assertThat(trust.refusals()).isEqualTo(2);
    assertThat(trust.isRefusing()).isTrue();
  }

  @Test
  void otherFailuresAreNotTheCertificates() {
    trust.failed(SERVER, new ConnectException("refused"));
    trust.failed(SERVER, new SSLHandshakeException("no common protocol"));

    assertThat(trust.refusals()).isZero();
    assertThat(trust.isRefusing()).isFalse();
  }

  @Test
  void itIsOverOnceNothingWasRefusedForAMinuteAndTheServerAnswers() {
    trust.failed(SERVER, new CertificateException("x"));
    // By a connection that was open before.
    trust.answered(SERVER);
    assertThat(trust.isRefusing()).isTrue();

    nanos.addAndGet(TimeUnit.SECONDS.toNanos(61));
    assertThat(trust.isRefusing()).as("without an answer").isTrue();
    trust.answered(SERVER);

    assertThat(trust.isRefusing()).isFalse();
    assertThat(trust.refusals()).isEqualTo(1);
  }

  @Test
  void aCauseThatIsItsOwnEndsTheSearch() {
    Exception first = new Exception("a");
    Exception second = new Exception("b", first);
    first.initCause(second);

    trust.failed(SERVER, second);

    assertThat(trust.refusals()).isZero();
  }
}
