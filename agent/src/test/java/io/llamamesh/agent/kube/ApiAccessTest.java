package io.llamamesh.agent.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.llamamesh.testkit.LocalhostIdentity;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiAccessTest {

  private static final String FILE =
      """
      current-context: here
      contexts:
      - {name: there, context: {cluster: b, user: u}}
      - {name: here, context: {cluster: a, user: u}}
      clusters:
      - {name: a, cluster: {server: "http://127.0.0.1:6443"}}
      - {name: b, cluster: {server: "http://127.0.0.1:7443"}}
      users:
      - {name: u, user: {token: t}}
      """;

  @TempDir private Path folder;

  private Map<String, String> kubeconfig(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("config"), text);
    return Map.of("KUBECONFIG", file.toString());
  }

  @Test
  void theCurrentContextOfAKubeconfigIsUsed() throws IOException {
    assertThat(ApiAccess.of(kubeconfig(FILE))).hasToString("http://127.0.0.1:6443");
  }

  @Test
  void whatAKubeconfigLacksIsNamed() {
    assertThatThrownBy(
            () -> ApiAccess.of(kubeconfig(FILE.replace("name: u, user", "name: v, user"))))
        .hasMessageContaining("there is no user 'u'");
    assertThatThrownBy(() -> ApiAccess.of(kubeconfig("current-context: [")))
        .hasMessageContaining("kubeconfig");
    assertThatThrownBy(() ->
            ApiAccess.of(
                kubeconfig(
                    FILE.replace(
                        "{server: \"http://127.0.0.1:6443\"}",
                        "{server: \"https://a\", insecure-skip-tls-verify: true}"))))
        .hasMessageContaining("give certificate-authority");
  }

  @Test
  void withoutAnyAccessTheErrorSaysWhatWasLookedFor() {
    assertThatThrownBy(() -> ApiAccess.of(Map.of("HOME", folder.toString())))
        .hasMessageContaining("KUBECONFIG")
        .hasMessageContaining(folder.toString());
  }

  @Test
  void aPodWithoutItsCertificateAuthorityIsRefused() {
    assertThatThrownBy(() -> ApiAccess.inPod("10.0.0.1", "443", folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("ca.crt");
  }

  @Test
  void aPodReachesTheApiByItsAccountAndTrustsNobodyElse() throws Exception {
    LocalhostIdentity identity = LocalhostIdentity.in(folder.resolve("mine"));
    Path mine = identity.folder();
    Path other = LocalhostIdentity.in(folder.resolve("other")).folder();
    Files.writeString(mine.resolve("token"), "from-the-file\n");
    Files.writeString(other.resolve("token"), "from-the-file\n");
    AtomicReference<String> bearer = new AtomicReference<>();
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      server.setHttpsConfigurator(new HttpsConfigurator(identity.context()));
      server.setExecutor(threads);
      server.createContext(
          "/",
          exchange -> {
            bearer.set(exchange.getRequestHeaders().getFirst("Authorization"));
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write('!');
            exchange.close();
          });
      server.start();
      String port = String.valueOf(server.getAddress().getPort());

      try (InputStream body =
          ApiAccess.inPod("127.0.0.1", port, mine).get("/api", Duration.ofSeconds(10))) {
        assertThat(body.readAllBytes()).containsExactly('!');
      }
      assertThat(bearer).hasValue("Bearer from-the-file");

      Files.writeString(mine.resolve("token"), "renewed");
      ApiAccess account = ApiAccess.inPod("127.0.0.1", port, mine);
      assertThat(read(account)).isEqualTo("!");
      Files.writeString(mine.resolve("token"), "renewed once more");
      assertThat(read(account)).isEqualTo("!");
      assertThat(bearer).hasValue("Bearer renewed once more");

      ApiAccess wrong = ApiAccess.inPod("127.0.0.1", port, other);
      assertThatThrownBy(() -> wrong.get("/api", Duration.ofSeconds(10)))
          .isInstanceOf(SSLException.class)
          .hasMessageContaining("certificate is not trusted");
      // The cluster exchanges its authority: kubelet writes the new one where the old one was.
      Files.writeString(other.resolve("ca.crt"), "half writ");
      assertThatThrownBy(() -> read(wrong)).isInstanceOf(SSLException.class);
      Files.copy(
          mine.resolve("ca.crt"), other.resolve("ca.crt"), StandardCopyOption.REPLACE_EXISTING);
      assertThat(read(wrong)).isEqualTo("!");
      server.stop(0);
    }
  }

  private static String read(ApiAccess access) throws IOException {
    try (InputStream body = access.get("/api", Duration.ofSeconds(10))) {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
