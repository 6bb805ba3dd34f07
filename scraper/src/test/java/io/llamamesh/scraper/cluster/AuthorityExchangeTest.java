package io.llamamesh.scraper.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.kube.ApiClients;
import io.llamamesh.kube.WatchAges;
import io.llamamesh.testkit.LocalhostIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients of the Kubernetes API while the cluster exchanges its certificate authority. */
final class AuthorityExchangeTest {
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<HttpsServer> servers = new ArrayList<>();
  @TempDir private Path folder;

  @AfterEach
  void stop() {
    servers.forEach(server -> server.stop(0));
    threads.close();
  }

  @Test
  void aClientThatRunsFollowsTheExchangeOfTheAuthorities() throws Exception {
    LocalhostIdentity before = identity("before");
    LocalhostIdentity after = identity("after");
    Path trusted = folder.resolve("ca.crt");
    Files.copy(before.certificate(), trusted);
    int port = serve(0, before);
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl("https://127.0.0.1:" + port)
            .withCaCertFile(trusted.toString())
            .build();
    ApiClients clients = ApiClients.of(() -> config);
    try (KubernetesClient client = clients.open(new WatchAges())) {
      assertThat(version(client)).isEqualTo("36");
      assertThat(clients.trust().refusals()).isZero();

      // The server comes back with a certificate of the new authority, the file is late.
      servers.getFirst().stop(0);
      serve(port, after);
      assertThatThrownBy(() -> version(client))
          .hasStackTraceContaining("certificate not trusted by the authorities in " + trusted);
      assertThat(clients.trust().refusals()).isPositive();

      Files.writeString(trusted, "half writ");
      assertThatThrownBy(() -> version(client)).isNotNull();
      Files.copy(after.certificate(), trusted, StandardCopyOption.REPLACE_EXISTING);
      long refusals = clients.trust().refusals();
      assertThat(version(client)).isEqualTo("36");
      assertThat(clients.trust().refusals()).isEqualTo(refusals);
    }
  }

  @Test
  void oldAndNewAuthorityMayStandInOneFile() throws Exception {
    LocalhostIdentity before = identity("before");
    LocalhostIdentity after = identity("after");
    Path trusted = folder.resolve("ca.crt");
    Files.writeString(
        trusted, Files.readString(before.certificate()) + Files.readString(after.certificate()));
    int port = serve(0, after);
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl("https://127.0.0.1:" + port)
            .withCaCertFile(trusted.toString())
            .build();

    try (KubernetesClient client = ApiClients.of(() -> config).openForCheck()) {
      assertThat(version(client)).isEqualTo("36");
    }
  }

  private static String version(KubernetesClient client) {
    return client.getKubernetesVersion().getMinor();
  }

  private int serve(int port, LocalhostIdentity identity) throws Exception {
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(identity.context()));
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          byte[] body = "{\"major\":\"1\",\"minor\":\"36\"}".getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("Content-Type", "application/json");
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    servers.add(server);
    return server.getAddress().getPort();
  }

  private LocalhostIdentity identity(String name) throws IOException, InterruptedException {
    return LocalhostIdentity.in(folder.resolve(name));
  }
}
