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
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
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
    Path before = authority("before");
    Path after = authority("after");
    Path trusted = folder.resolve("ca.crt");
    Files.copy(before.resolve("ca.crt"), trusted);
    int port = serve(0, before);
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl("https://127.0.0.1:" + port)
            .withCaCertFile(trusted.toString())
            .build();
    try (KubernetesClient client = ApiClients.of(() -> config).open(new WatchAges())) {
      assertThat(version(client)).isEqualTo("36");

      // The server comes back with a certificate of the new authority, the file is late.
      servers.getFirst().stop(0);
      serve(port, after);
      assertThatThrownBy(() -> version(client))
          .hasStackTraceContaining("certificate not trusted by the authorities in " + trusted);

      Files.writeString(trusted, "half writ");
      assertThatThrownBy(() -> version(client)).isNotNull();
      Files.copy(after.resolve("ca.crt"), trusted, StandardCopyOption.REPLACE_EXISTING);
      assertThat(version(client)).isEqualTo("36");
    }
  }

  @Test
  void oldAndNewAuthorityMayStandInOneFile() throws Exception {
    Path before = authority("before");
    Path after = authority("after");
    Path trusted = folder.resolve("ca.crt");
    Files.writeString(
        trusted,
        Files.readString(before.resolve("ca.crt")) + Files.readString(after.resolve("ca.crt")));
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

  private int serve(int port, Path authority) throws Exception {
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context(authority)));
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

  /** A folder with a new key of 127.0.0.1 and its certificate as {@code ca.crt}. */
  private Path authority(String name) throws IOException, InterruptedException {
    Path made = Files.createDirectory(folder.resolve(name));
    keytool(
        made, "-genkeypair -alias a -keyalg EC -dname CN=test -ext san=ip:127.0.0.1 -validity 2");
    keytool(made, "-exportcert -rfc -alias a -file " + made.resolve("ca.crt"));
    return made;
  }

  private static void keytool(Path in, String arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments.split(" ")));
    command.addAll(List.of("-storepass", "changeit", "-keystore", in.resolve("keys").toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).describedAs(output).isZero();
  }

  private static SSLContext context(Path in) throws Exception {
    char[] password = "changeit".toCharArray();
    KeyStore keys = KeyStore.getInstance(in.resolve("keys").toFile(), password);
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, password);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    return context;
  }
}
