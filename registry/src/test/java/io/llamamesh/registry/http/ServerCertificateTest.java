package io.llamamesh.registry.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.registration.ProbeRegistration;
import io.llamamesh.registration.RegistryClient;
import io.llamamesh.registration.RegistryTrust;
import io.llamamesh.registry.directory.RegistrySettings;
import io.llamamesh.testkit.LocalhostIdentity;
import io.llamamesh.tls.ServerCertificate;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ServerCertificateTest {
  private static final ProbeRegistration PROBE =
      new ProbeRegistration(8100, 300, "wan", null, Map.of("version", "1"), "an-instance");

  @TempDir private Path folder;

  private LocalhostIdentity identity(String name) throws Exception {
    LocalhostIdentity made = LocalhostIdentity.in(folder.resolve(name));
    char[] password = "changeit".toCharArray();
    KeyStore store = KeyStore.getInstance(made.folder().resolve("keys").toFile(), password);
    Key key = store.getKey("a", password);
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded());
    Files.writeString(
        made.folder().resolve("tls.key"),
        "-----BEGIN PRIVATE KEY-----\n" + body + "\n-----END PRIVATE KEY-----\n");
    return made;
  }

  private static RunningRegistry serving(SSLContext tls) throws IOException {
    return new RunningRegistry(
        RegistrySettings.DEFAULT, AccessTokens.open(), List.of(), 100_000, tls);
  }

  private static RegistryClient client(RunningRegistry registry, LocalhostIdentity trusted) {
    return RegistryClient.of(
        "https://127.0.0.1:" + registry.port(), null, RegistryTrust.in(trusted.certificate()));
  }

  @Test
  void aProbeRegistersAndFetchesItsConfigOverTls() throws Exception {
    LocalhostIdentity own = identity("own");
    SSLContext tls =
        ServerCertificate.context(
            own.certificate(), own.folder().resolve("tls.key"), System::nanoTime);
    try (RunningRegistry registry = serving(tls)) {
      RegistryClient client = client(registry, own);
      assertThat(client.register(PROBE).notice()).isEmpty();
      RegistryClient.Config config = client.config(PROBE, null);
      assertThat(config.yaml()).contains("127.0.0.1");
      assertThat(client.config(PROBE, config)).isNull();
    }
  }

  @Test
  void aStrangersCertificateIsNotTrusted() throws Exception {
    LocalhostIdentity own = identity("own");
    LocalhostIdentity other = identity("other");
    SSLContext tls =
        ServerCertificate.context(
            own.certificate(), own.folder().resolve("tls.key"), System::nanoTime);
    try (RunningRegistry registry = serving(tls)) {
      assertThatThrownBy(() -> client(registry, other).register(PROBE))
          .isInstanceOf(IOException.class);
      assertThat(registry.registry().counts().probes()).isZero();
    }
  }

  @Test
  void aRenewedCertificateIsServedWithoutARestart() throws Exception {
    LocalhostIdentity own = identity("own");
    LocalhostIdentity next = identity("next");
    AtomicLong nanos = new AtomicLong();
    Path key = own.folder().resolve("tls.key");
    try (RunningRegistry registry =
        serving(ServerCertificate.context(own.certificate(), key, nanos::get))) {
      LocalhostIdentity before = new LocalhostIdentity(folder.resolve("before"));
      Files.createDirectory(before.folder());
      Files.copy(own.certificate(), before.certificate());
      client(registry, before).register(PROBE);
      for (Path file : List.of(own.certificate(), key)) {
        Files.copy(
            next.folder().resolve(file.getFileName()), file, StandardCopyOption.REPLACE_EXISTING);
        Files.setLastModifiedTime(file, FileTime.fromMillis(2_000_000_000_000L));
      }
      nanos.addAndGet(11_000_000_000L);
      assertThat(client(registry, next).register(PROBE).notice()).isEmpty();
      Files.writeString(key, "half written");
      Files.setLastModifiedTime(key, FileTime.fromMillis(2_100_000_000_000L));
      nanos.addAndGet(11_000_000_000L);
      assertThat(client(registry, next).register(PROBE).notice()).isEmpty();
    }
  }

  @Test
  void aClientThatNeverFinishesItsHandshakeHindersNobody() throws Exception {
    LocalhostIdentity own = identity("own");
    SSLContext tls =
        ServerCertificate.context(
            own.certificate(), own.folder().resolve("tls.key"), System::nanoTime);
    try (RunningRegistry registry = serving(tls);
        Socket half = registry.connect()) {
      half.getOutputStream().write(new byte[] {22, 3, 1, 2, 0});
      half.getOutputStream().flush();
      assertThat(client(registry, own).register(PROBE).notice()).isEmpty();
      RunningRegistry.awaitEnd(half);
    }
  }

  @Test
  void filesThatDoNotFitAreToldByName() throws Exception {
    LocalhostIdentity own = identity("own");
    Path key = own.folder().resolve("tls.key");
    Path wrong = folder.resolve("wrong.pem");
    Files.write(wrong, "-----BEGIN RSA PRIVATE KEY-----\nx\n".getBytes(UTF_8));
    assertThatThrownBy(() -> ServerCertificate.context(own.certificate(), wrong, () -> 0))
        .hasMessageContaining("wrong.pem holds no 'BEGIN PRIVATE KEY'")
        .hasMessageContaining("openssl pkcs8");
    assertThatThrownBy(() -> ServerCertificate.context(key, key, () -> 0))
        .hasMessageContaining("tls.key holds no certificate");
    Files.writeString(wrong, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    assertThatThrownBy(() -> ServerCertificate.context(own.certificate(), wrong, () -> 0))
        .hasMessageContaining("wrong.pem is not the key of");
  }
}
