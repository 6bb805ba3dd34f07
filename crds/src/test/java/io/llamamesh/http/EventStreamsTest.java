package io.llamamesh.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Watches on a server of ours, read over plain sockets. */
@Timeout(60)
class EventStreamsTest {
  private static final byte[] LARGE = new byte[1 << 20];

  static {
    Arrays.fill(LARGE, (byte) 'x');
  }

  private final BlockingQueue<String> changes = new ArrayBlockingQueue<>(16);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final EventStreams streams = new EventStreams(2, Duration.ofMillis(500));
  private final List<Socket> sockets = new ArrayList<>();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server =
        BoundedHttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        "/changes",
        exchange -> {
          try (exchange) {
            boolean taken =
                streams.tryServe(
                    exchange,
                    "first".getBytes(StandardCharsets.UTF_8),
                    patience -> {
                      String next = changes.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
                      if ("end".equals(next)) {
                        throw new IOException("no more");
                      }
                      return next == null ? null : next.getBytes(StandardCharsets.UTF_8);
                    });
            if (!taken) {
              exchange.sendResponseHeaders(503, -1);
            }
          }
        });
    server.createContext(
        "/large",
        exchange -> {
          try (exchange) {
            var _ = streams.tryServe(exchange, LARGE, _ -> LARGE);
          }
        });
    server.createContext(
        "/plain",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(204, -1);
          }
        });
    server.start();
  }

  @AfterEach
  void stop() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
    server.stop(0);
    threads.shutdownNow();
    streams.close();
  }

  private BufferedReader open(String path) throws IOException {
    Socket socket = new Socket(server.getAddress().getAddress(), server.getAddress().getPort());
    sockets.add(socket);
    socket.setSoTimeout(10_000);
    socket
        .getOutputStream()
        .write(
            ("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  /** The next line that begins so; null at the end. */
  private static String next(BufferedReader from, String begin) throws IOException {
    String line = from.readLine();
    while (line != null && !line.startsWith(begin)) {
      line = from.readLine();
    }
    return line;
  }

  @Test
  void whatIsNowComesFirstThenEachChangeAndComments() throws Exception {
    BufferedReader watch = open("/changes");
    assertThat(watch.readLine()).isEqualTo("HTTP/1.1 200 OK");
    assertThat(next(watch, "Content-type")).isEqualTo("Content-type: text/event-stream");
    assertThat(next(watch, "data:")).isEqualTo("data: first");
    changes.add("second");
    assertThat(next(watch, "data:")).isEqualTo("data: second");
    assertThat(next(watch, ":")).isEqualTo(":");
    changes.add("end");
    assertThat(next(watch, "0")).as("the last chunk").isEqualTo("0");
    await().untilAsserted(() -> assertThat(streams.open()).isZero());
    assertThat(streams.sent()).isEqualTo(2);
    assertThat(streams.cut()).isZero();
  }

  @Test
  void aReaderThatTakesNothingIsCutAndCountedAndAnotherIsServedMeanwhile() throws Exception {
    BufferedReader stalled = open("/large");
    BufferedReader other = open("/changes");
    assertThat(stalled.readLine()).isEqualTo("HTTP/1.1 200 OK");
    await().untilAsserted(() -> assertThat(streams.cut()).isEqualTo(1));
    changes.add("second");
    assertThat(next(other, "data: s")).isEqualTo("data: second");
    await().untilAsserted(() -> assertThat(streams.open()).isEqualTo(1));
  }

  @Test
  void moreThanAllowedAreRefusedAndCountedAndOtherRequestsAreAnswered() throws Exception {
    BufferedReader first = open("/changes");
    BufferedReader second = open("/changes");
    assertThat(next(first, "data:")).isEqualTo("data: first");
    assertThat(next(second, "data:")).isEqualTo("data: first");
    assertThat(open("/changes").readLine()).contains("503");
    assertThat(streams.refused()).isEqualTo(1);
    assertThat(streams.isRefusing()).isTrue();
    assertThat(open("/plain").readLine()).contains("204");
    changes.add("end");
    await().untilAsserted(() -> assertThat(streams.open()).isEqualTo(1));
    assertThat(next(open("/changes"), "data:")).isEqualTo("data: first");
  }

  @Test
  void aWatchEndsWithItsServer() throws Exception {
    BufferedReader watch = open("/changes");
    assertThat(next(watch, "data:")).isEqualTo("data: first");
    server.stop(0);
    threads.shutdownNow();
    await().untilAsserted(() -> assertThat(streams.open()).isZero());
  }
}
