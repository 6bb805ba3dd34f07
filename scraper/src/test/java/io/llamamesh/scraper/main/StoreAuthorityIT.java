package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.llamamesh.scraper.store.Store;
import io.llamamesh.scraper.store.WriteFailure.WriteFailedException;
import io.llamamesh.scraper.stores.TestAuthority;
import io.llamamesh.scraper.stores.TestAuthority.Identity;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import picocli.CommandLine;

/** A store whose certificate comes from another authority one day. */
@Execution(ExecutionMode.CONCURRENT)
final class StoreAuthorityIT {
  private static final char[] PASSWORD = "changeit".toCharArray();

  @Test
  void anAuthorityThatIsWrittenAnewIsTrustedWithoutARestart(@TempDir Path folder) throws Exception {
    TestAuthority old = new TestAuthority(folder.resolve("old"));
    TestAuthority current = new TestAuthority(folder.resolve("current"));
    Path trusted = Files.copy(old.certificate(), folder.resolve("ca.crt"));
    HttpsServer server = server(current.identity("ip:127.0.0.1"));
    try (Store store = open(server, trusted)) {
      assertThatThrownBy(() -> store.write(List.of("p value=1.0 1")))
          .isInstanceOf(WriteFailedException.class)
          .hasMessageContaining("SSL");

      Files.copy(current.certificate(), trusted, StandardCopyOption.REPLACE_EXISTING);
      Files.setLastModifiedTime(trusted, FileTime.from(Instant.now().plusSeconds(5)));

      await().atMost(Duration.ofSeconds(30)).until(() -> isWritten(store));
    } finally {
      server.stop(0);
    }
  }

  private static boolean isWritten(Store store) {
    try {
      store.write(List.of("p value=1.0 1"));
      return true;
    } catch (WriteFailedException e) {
      return false;
    }
  }

  private static Store open(HttpsServer server, Path trusted) {
    StoreOptions options = new StoreOptions();
    new CommandLine(options)
        .parseArgs(
            "--influxdb-bucket=llama",
            "--influxdb-ca-file=" + trusted,
            "--influxdb-url=https://127.0.0.1:" + server.getAddress().getPort());
    return Objects.requireNonNull(
        options.open(new Environment(Map.of()), new LlamaOptions(), false, false));
  }

  private static HttpsServer server(Identity identity) throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, PASSWORD);
    keys.setKeyEntry("server", key(identity.key()), PASSWORD, chain(identity.certificate()));
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(204, -1);
          }
        });
    server.start();
    return server;
  }

  private static Certificate[] chain(Path pem) throws Exception {
    try (InputStream in = Files.newInputStream(pem)) {
      return CertificateFactory.getInstance("X.509")
          .generateCertificates(in)
          .toArray(Certificate[]::new);
    }
  }

  private static PrivateKey key(Path pem) throws Exception {
    String text = Files.readString(pem).replaceAll("-----[A-Z ]+-----", "");
    return KeyFactory.getInstance("EC")
        .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(text)));
  }
}
