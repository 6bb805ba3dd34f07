package io.llamamesh.registry.main;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that mean no good against the program with the heap that it ships with. */
final class HostileClientsTest {
  private static final int AT_A_TIME = 8;

  @TempDir private Path folder;

  private final List<Socket> held = new ArrayList<>();
  private @Nullable Process registry;
  private int port;

  private void start(String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xms32m", "-Xmn24m", "-Xmx256m", "-XX:+UseSerialGC"));
    command.add("-XX:+ExitOnOutOfMemoryError");
    command.addAll(List.of("-XX:+UseCompactObjectHeaders", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(RegistryMain.class.getName(), "registry", "--port=0"));
    command.addAll(List.of("--max-probes-per-address=20000", "--max-requests=1000000"));
    command.addAll(List.of(options));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectError(folder.resolve("log").toFile());
    Process started = builder.start();
    registry = started;
    BufferedReader says = started.inputReader(UTF_8);
    String line = String.valueOf(says.readLine());
    while (!line.startsWith("registry on ")) {
      assertThat(started.isAlive()).as(Files.readString(folder.resolve("log"))).isTrue();
      line = String.valueOf(says.readLine());
    }
    String url = line.split(" ", 4)[2];
    port = Integer.parseInt(url.substring(url.lastIndexOf(':') + 1));
    // Its log goes on on the same pipe, which must not fill.
    var _ = Thread.ofVirtual().start(() -> says.lines().forEach(more -> {}));
  }

  @AfterEach
  void stop() throws Exception {
    for (Socket socket : held) {
      socket.close();
    }
    if (registry != null) {
      registry.destroyForcibly();
      assertThat(registry.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  private Socket open() throws IOException {
    Socket socket = new Socket();
    held.add(socket);
    // Little is taken in at a time.
    socket.setReceiveBufferSize(4_096);
    socket.setSoTimeout(30_000);
    socket.connect(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port), 10_000);
    return socket;
  }

  /** The status of an answer; 0 where there is none. */
  private int status(String request) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(request.getBytes(UTF_8));
      String line = new String(socket.getInputStream().readNBytes(12), UTF_8);
      return line.length() < 12 ? 0 : Integer.parseInt(line.substring(9));
    } catch (IOException e) {
      return 0;
    }
  }

  private int get(String path) {
    return status("GET " + path + " HTTP/1.1\r\nHost: r\r\nConnection: close\r\n\r\n");
  }

  private int register(String json) {
    return status(
        "POST /api/v1/register HTTP/1.1\r\nHost: r\r\nConnection: close\r\n"
            + "Prefer: return=minimal\r\nContent-Type: application/json\r\nContent-Length: "
            + json.length()
            + "\r\n\r\n"
            + json);
  }

  private void assertAlive() throws IOException {
    assertThat(Objects.requireNonNull(registry).isAlive())
        .as(Files.readString(folder.resolve("log")))
        .isTrue();
  }

  @Test
  void aFullDirectoryOfTheWorstDocumentsAndSlowReadersDoNotFillTheHeap() throws Exception {
    start("--max-probes=20000", "--state-dir=" + folder.resolve("state"));
    // As many small members as a body holds: the most objects for their bytes.
    StringBuilder members = new StringBuilder();
    for (int i = 0; members.length() < 15_500; i++) {
      members.append(",\"m").append(Integer.toString(i, 36)).append("\":[1.5]");
    }
    int full = 0;
    int accepted = 0;
    // Several at a time, which share what is written to the disk.
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; full == 0 && i < 5_000; i += AT_A_TIME) {
        List<Callable<Integer>> requests = new ArrayList<>();
        for (int port = 1 + i; port <= i + AT_A_TIME; port++) {
          String json = "{\"port\":%d,\"group\":\"wan\"%s}".formatted(port, members);
          requests.add(() -> register(json));
        }
        for (Future<Integer> request : clients.invokeAll(requests)) {
          int status = request.get();
          assertThat(status).isIn(200, 503);
          full += status == 503 ? 1 : 0;
          accepted += status == 200 ? 1 : 0;
        }
        assertAlive();
      }
    }
    assertThat(full).isPositive();
    assertThat(accepted).isGreaterThan(500);

    for (int i = 0; i < 60; i++) {
      boolean list = i % 2 == 0;
      open()
          .getOutputStream()
          .write(
              ("GET "
                      + (list ? "/api/v1/list" : "/api/v1/config/wan?llamaport=" + (1 + i))
                      + " HTTP/1.1\r\nHost: r\r\n\r\n")
                  .getBytes(UTF_8));
    }
    for (int i = 0; i < 20; i++) {
      assertThat(get("/healthz")).isEqualTo(200);
      assertThat(register("{\"port\":%d,\"group\":\"wan\"}".formatted(1 + i))).isEqualTo(200);
    }
    for (Socket socket : held) {
      socket.close();
    }
    await().atMost(Duration.ofSeconds(60)).until(() -> get("/api/v1/list") == 200);
    assertAlive();

    stop();
    start("--max-probes=20000", "--state-dir=" + folder.resolve("state"));
    assertThat(get("/api/v1/list")).isEqualTo(200);
    assertAlive();
  }

  @Test
  void clientsThatReadNoAnswerLeaveTheirPlaces() throws Exception {
    start();
    String filler = "x".repeat(15_000);
    for (int i = 0; i < 40; i++) {
      assertThat(register("{\"port\":%d,\"x\":\"%s\"}".formatted(1 + i, filler))).isEqualTo(200);
    }
    // As llama-client does: it looks at the status and is gone.
    for (int i = 0; i < 600; i++) {
      assertThat(get("/api/v1/list")).as("client %d", i).isEqualTo(200);
    }
  }

  @Test
  void halfSentHeadsAndSilentConnectionsDoNotFillTheHeap() throws Exception {
    start();
    for (int i = 0; i < 600; i++) {
      try {
        Socket socket = open();
        if (i % 2 == 0) {
          socket
              .getOutputStream()
              .write(("GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(15_000)).getBytes(UTF_8));
        }
      } catch (IOException e) {
        // Beyond the bound it is closed at once.
      }
    }
    await().atMost(Duration.ofSeconds(30)).until(() -> get("/healthz") == 200);
    assertAlive();
  }
}
