package io.llamamesh.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients without a token against a process with an agent's heap. */
class BoundedHttpServerTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n";

  private final List<Socket> held = new ArrayList<>();
  private @Nullable Process server;
  private int port;

  private void start(String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx48m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"));
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(ServerProgram.class.getName());
    Process started =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    server = started;
    BufferedReader says = started.inputReader(StandardCharsets.UTF_8);
    port = Integer.parseInt(String.valueOf(says.readLine()));
  }

  @AfterEach
  void stop() throws Exception {
    for (Socket socket : held) {
      socket.close();
    }
    if (server != null) {
      server.destroyForcibly();
      assertThat(server.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  private Socket open() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(30_000);
    held.add(socket);
    return socket;
  }

  /** Opens a connection and sends that; whether it was still open behind the last byte. */
  private boolean sent(String text) {
    try {
      open().getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private int status() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write((GET + "\r\n").getBytes(StandardCharsets.US_ASCII));
      String line = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
      return line.length() < 12 ? 0 : Integer.parseInt(line.substring(9));
    } catch (SocketException e) {
      return 0;
    }
  }

  private static boolean isClosed(Socket socket) throws IOException {
    try {
      return socket.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (SocketException e) {
      return true;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1_000, 15_000, 370_000})
  void halfSentHeadsOnManyConnectionsDoNotFillTheHeap(int length) throws Exception {
    start("-Dsun.net.httpserver.maxReqTime=2");

    for (int i = 0; i < 600; i++) {
      boolean _ = sent(GET + "X: " + "x".repeat(length));
    }

    // Whoever holds what there is holds it for two seconds.
    await().until(() -> status() == 200);
    assertThat(Objects.requireNonNull(server).isAlive()).isTrue();
  }

  @Test
  void aHeadThatIsTooLongIsCutOff() throws Exception {
    start();
    Socket field = open();
    Socket line = open();
    Socket fields = open();
    field
        .getOutputStream()
        .write((GET + "X: " + "x".repeat(20_000)).getBytes(StandardCharsets.US_ASCII));
    line.getOutputStream()
        .write(("GET /" + "x".repeat(20_000)).getBytes(StandardCharsets.US_ASCII));
    fields
        .getOutputStream()
        .write((GET + "a: b\r\n".repeat(2_000)).getBytes(StandardCharsets.US_ASCII));

    assertThat(isClosed(field)).isTrue();
    assertThat(isClosed(line)).isTrue();
    assertThat(isClosed(fields)).isTrue();
    assertThat(status()).isEqualTo(200);
  }

  @Test
  void aHeadAsLongAsABrowsersPasses() throws Exception {
    start();
    Socket socket = open();
    socket
        .getOutputStream()
        .write(
            (GET + "Cookie: " + "c".repeat(12_000) + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));

    assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
        .isEqualTo("HTTP/1.1 200");
  }

  @Test
  void whoNeverEndsItsRequestIsCutOff() throws Exception {
    start("-Dsun.net.httpserver.maxReqTime=1", "-Dsun.net.httpserver.clockTick=100");
    Socket silent = open();
    Socket head = open();
    Socket body = open();
    head.getOutputStream().write(GET.getBytes(StandardCharsets.US_ASCII));
    body.getOutputStream()
        .write("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx".getBytes(StandardCharsets.US_ASCII));

    assertThat(isClosed(silent)).isTrue();
    assertThat(isClosed(head)).isTrue();
    assertThat(isClosed(body)).isTrue();
  }

  @Test
  void whoseAnswerNeverEndsIsCutOff() throws Exception {
    start("-Dsun.net.httpserver.maxRspTime=1", "-Dsun.net.httpserver.clockTick=100");
    Socket socket = open();
    socket
        .getOutputStream()
        .write("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));

    assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
        .startsWith("HTTP/1.1 200")
        .endsWith("x\r\n");
    assertThat(status()).isEqualTo(200);
  }

  /** Where no option says otherwise. */
  @Test
  void timesAreBoundedInSeconds() {
    assertThat(BoundedHttpServer.maxConnections(1)).isPositive();

    assertThat(System.getProperty("sun.net.httpserver.maxReqTime")).isEqualTo("10");
    assertThat(System.getProperty("sun.net.httpserver.maxRspTime")).isEqualTo("60");
    assertThat(System.getProperty("sun.net.httpserver.clockTick")).isEqualTo("5000");
  }

  @Test
  void aConnectionForWhichThereIsNoPlaceIsEndedAtOnce() throws Exception {
    start("-Dsun.net.httpserver.maxReqTime=300");
    for (int i = 0; i < BoundedHttpServer.maxConnections(48L << 20); i++) {
      assertThat(sent("G")).isTrue();
    }

    assertThat(isClosed(open())).isTrue();
  }

  @Test
  void idleConnectionsLeaveRoomForOthers() throws Exception {
    start();
    for (int i = 0; i < 300; i++) {
      Socket socket = open();
      socket.getOutputStream().write((GET + "\r\n").getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
          .isEqualTo("HTTP/1.1 200");
    }

    assertThat(status()).isEqualTo(200);
  }

  @Test
  void connectionsThatEndBadlyLeaveTheirPlaces() throws Exception {
    start();
    for (int i = 0; i < 600; i++) {
      try (Socket socket = open()) {
        socket.setSoLinger(true, 0);
        String text = GET + "\r\n";
        socket
            .getOutputStream()
            .write(text.substring(0, i % text.length()).getBytes(StandardCharsets.US_ASCII));
      }
      held.clear();
    }

    // Nearly as many at once as there are places; it may still have to see that others ended.
    await()
        .until(() -> {
          for (Socket socket : held) {
            socket.close();
          }
          held.clear();
          for (int i = 0; i < 60; i++) {
            boolean _ = sent("G");
          }
          return status() == 200;
        });
  }

  @ParameterizedTest
  @ValueSource(longs = {48L << 20, 88L << 20, 256L << 20, 344L << 20, 8L << 30})
  void whatAllConnectionsTakeIsAnEighthOfTheHeapAtMost(long heap) {
    int connections = BoundedHttpServer.maxConnections(heap);

    assertThat((long) connections * BoundedHttpServer.CONNECTION_BYTES)
        .isLessThanOrEqualTo(heap / 8);
    assertThat(connections).isGreaterThanOrEqualTo(32);
  }
}
