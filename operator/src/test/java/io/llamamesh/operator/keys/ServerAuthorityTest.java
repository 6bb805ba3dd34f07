package io.llamamesh.operator.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.tls.CertificateAuthorities;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The authority of the server of keys over its life. */
final class ServerAuthorityTest {
  private final SecureRandom random = new SecureRandom();

  @Test
  void whoTrustsItTrustsTheServersCertificateAndNoOther() throws Exception {
    Instant now = Instant.now();
    ServerAuthority ours = ServerAuthority.first(now, random);
    ServerAuthority other = ServerAuthority.first(now, random);

    assertThat(isTrusted(ours, ours.serverIdentity("x.ns.svc", now, random))).isTrue();
    assertThat(isTrusted(other, ours.serverIdentity("x.ns.svc", now, random))).isFalse();
  }

  @Test
  void theServersCertificateIsNoAuthority() throws Exception {
    Instant now = Instant.now();
    ServerAuthority authority = ServerAuthority.first(now, random);

    X509Certificate server = authority.serverIdentity("x.ns.svc", now, random).certificate();

    assertThat(server.getBasicConstraints()).isNegative();
    assertThat(authority.authorities().getFirst().certificate().getBasicConstraints())
        .isNotNegative();
    assertThat(server.getSubjectAlternativeNames()).containsExactly(List.of(2, "x.ns.svc"));
    assertThat(
            authority
                .serverIdentity("127.0.0.1", now, random)
                .certificate()
                .getSubjectAlternativeNames())
        .containsExactly(List.of(7, "127.0.0.1"));
  }

  @Test
  void itIsReadAsItWasWritten() throws Exception {
    Instant now = Instant.now();
    ServerAuthority authority = ServerAuthority.first(now, random);

    ServerAuthority read = ServerAuthority.parse(authority.text());

    assertThat(read.pem()).isEqualTo(authority.pem());
    assertThat(isTrusted(authority, read.serverIdentity("x", now, random))).isTrue();
  }

  /** From then on pods have most of a year to learn of the next one, which signs only then. */
  @Test
  void itsSuccessorIsKnownToAllBeforeItSigns() throws Exception {
    Instant start = Instant.now().minus(ServerAuthority.LIFE).plus(Duration.ofDays(300));
    ServerAuthority first = ServerAuthority.first(start, random);
    Instant now = Instant.now();
    assertThat(first.isRenewalDue(start.plus(Duration.ofDays(300)))).isFalse();
    assertThat(first.isRenewalDue(now)).isTrue();

    ServerAuthority both = first.renewed(now, random);

    assertThat(both.authorities()).hasSize(2);
    assertThat(both.isRenewalDue(now)).isFalse();
    // Who has not learnt of the second one yet trusts all the same.
    assertThat(isTrusted(first, both.serverIdentity("x", now, random))).isTrue();
    Instant late = start.plus(ServerAuthority.LIFE).minus(Duration.ofDays(1));
    X509Certificate lateServer = both.serverIdentity("x", late, random).certificate();
    assertThat(lateServer.getIssuerX500Principal())
        .isEqualTo(both.authorities().getLast().certificate().getSubjectX500Principal());
    Instant after = start.plus(ServerAuthority.LIFE);
    assertThat(both.isRenewalDue(after)).isTrue();
    assertThat(both.renewed(after, random).authorities()).hasSize(1);
  }

  @Test
  void timesFrom2050OnAreWrittenWithFourDigits() throws Exception {
    Instant now = Instant.parse("2049-12-31T00:00:00Z");

    X509Certificate certificate =
        ServerAuthority.first(now, random).authorities().getFirst().certificate();

    assertThat(certificate.getNotBefore().toInstant()).isEqualTo("2049-12-30T00:00:00Z");
    assertThat(certificate.getNotAfter().toInstant()).isEqualTo(now.plus(ServerAuthority.LIFE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "x y", "* *", "YQ== YQ==", "\n\n\n"})
  void whatIsNoneIsRefused(String text) {
    assertThatThrownBy(() -> ServerAuthority.parse(text))
        .isInstanceOf(GeneralSecurityException.class);
  }

  private static boolean isTrusted(ServerAuthority authority, ServerAuthority.ServerIdentity server)
      throws Exception {
    X509ExtendedTrustManager trust =
        Objects.requireNonNull(
            CertificateAuthorities.trusting(authority.pem().getBytes(StandardCharsets.US_ASCII)));
    try {
      trust.checkServerTrusted(new X509Certificate[] {server.certificate()}, "ECDHE_ECDSA");
      return true;
    } catch (CertificateException e) {
      return false;
    }
  }
}
