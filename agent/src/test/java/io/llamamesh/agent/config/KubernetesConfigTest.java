package io.llamamesh.agent.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.kube.ApiAccess;
import io.llamamesh.agent.kube.WatchContact;
import io.llamamesh.crd.Names;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent's config while there is no API; {@link KubernetesConfigIT} has the rest. */
class KubernetesConfigTest {

  @TempDir private Path folder;
  private final List<ProbePlan> plans = new CopyOnWriteArrayList<>();

  @Test
  void anUnreachableApiLeavesTheLastGoodDocument() throws IOException {
    LocalCopy copy = new LocalCopy(folder);
    copy.write(document(2));
    ConfigApplier applier = applier(plans::add, copy);
    ApiAccess api = ApiAccess.plain(URI.create("http://127.0.0.1:" + closedPort()), "agent");

    try (KubernetesConfig config =
        KubernetesConfig.start(
            api, "default", "mesh", "node-1", applier, copy, new WatchContact(System::nanoTime))) {
      await().until(() -> plans.size() == 1);
      assertThat(plans.getFirst().pairs()).hasSize(2);
      assertThat(applier.state().origin()).startsWith("copy of");
      assertThat(config).isNotNull();
    }
  }

  @Test
  void aCopyThatIsReadSlowlyDoesNotReplaceWhatTheApiGaveMeanwhile() throws Exception {
    // A pipe: reading the copy ends when somebody writes.
    Path slow = folder.resolve("collector.yaml");
    assertThat(new ProcessBuilder("mkfifo", slow.toString()).start().waitFor()).isZero();
    CountDownLatch ended = new CountDownLatch(1);
    HttpServer api = api(document(3), ended);
    ConfigApplier applier = applier(plans::add, new LocalCopy(folder.resolve("another")));
    try (KubernetesConfig config =
            KubernetesConfig.start(
                ApiAccess.plain(
                    URI.create("http://127.0.0.1:" + api.getAddress().getPort()), "agent"),
                "default",
                "mesh",
                "node-1",
                applier,
                new LocalCopy(folder),
                new WatchContact(System::nanoTime),
                Duration.ZERO);
        RandomAccessFile writer = new RandomAccessFile(slow.toFile(), "rw")) {
      await().until(() -> plans.size() == 1);
      awaitReader(slow);
      writer.write(document(1).getBytes(UTF_8));
      assertThat(config).isNotNull();
    } finally {
      ended.countDown();
      api.stop(0);
    }
    assertThat(plans).extracting(plan -> plan.pairs().size()).containsExactly(3);
  }

  /**
   * Waits until somebody reads a pipe that is open for writing here: what is written and closed
   * before is lost, and the reader waits for ever.
   */
  static void awaitReader(Path pipe) {
    await()
        .until(() -> {
          try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.filter(fd -> isLinkTo(fd, pipe)).count() > 1;
          }
        });
  }

  private static boolean isLinkTo(Path link, Path target) {
    try {
      return Files.readSymbolicLink(link).equals(target.toRealPath());
    } catch (IOException e) {
      return false; // it has been closed meanwhile
    }
  }

  /** An API that lists one ConfigMap, and says nothing more. */
  private static HttpServer api(String yaml, CountDownLatch ended) throws IOException {
    byte[] list =
        new ObjectMapper()
            .writeValueAsBytes(
                Map.of(
                    "metadata",
                    Map.of("resourceVersion", "7"),
                    "items",
                    List.of(
                        Map.of(
                            "metadata",
                            Map.of("name", "mesh.node-1", "resourceVersion", "7"),
                            "data",
                            Map.of(Names.CONFIG_KEY, yaml)))));
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          boolean watch = exchange.getRequestURI().getQuery().contains("watch=true");
          exchange.sendResponseHeaders(200, watch ? 0 : list.length);
          try (exchange) {
            if (watch) {
              ended.await();
            } else {
              exchange.getResponseBody().write(list);
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    server.start();
    return server;
  }

  static ConfigApplier applier(Consumer<ProbePlan> plans, LocalCopy copy) {
    return new ConfigApplier(
        new PlanMapper(target -> InetAddress.ofLiteral("127.0.0.1"), "node-1"),
        HostNames.ofSystem(),
        plans,
        copy,
        8100);
  }

  static String document(int targets) {
    StringBuilder yaml =
        new StringBuilder(
            """
            version: 1
            mesh: mesh
            summarization: {interval: 10}
            ports: {default: {tos: 184, timeout: 500, base_port: 25000}}
            port_groups: {default: [{port: default, count: 4}]}
            rate_limits: {default: {cps: 4}}
            tests: [{targets: default, port_group: default, rate_limit: default}]
            targets:
              default:
            """);
    for (int i = 0; i < targets; i++) {
      yaml.append("  - {name: n")
          .append(i)
          .append(", ip: 127.0.1.")
          .append(i)
          .append(", port: 8100}\n");
    }
    return yaml.toString();
  }

  private static int closedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
