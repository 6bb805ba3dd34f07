package io.llamamesh.scraper.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.results.MeshReport;
import io.llamamesh.scraper.document.MatrixDocumentFactory;
import io.llamamesh.scraper.matrix.AgentHealth;
import io.llamamesh.scraper.matrix.Matrix;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the page's server answers to whom, spoken to over a plain socket. */
final class WebServerTest {
  private static final Instant START = Instant.parse("2026-11-20T09:00:00Z");

  private final AtomicReference<Instant> now = new AtomicReference<>(START);
  private final Matrix matrix = new Matrix(Duration.ofSeconds(10), Duration.ofHours(1), now::get);
  private @Nullable WebServer server;
  private volatile CountDownLatch metrics = new CountDownLatch(0);

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  private String answer(String path, String host, Predicate<@Nullable String> accepted)
      throws IOException {
    if (server == null) {
      server = new WebServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      server.start(
          new Api(matrix, new MatrixDocumentFactory("m", 1, 50), new OneReport(), now::get),
          accepted,
          null,
          new AcceptedHosts(Set.of("given.example")));
    }
    try (Socket socket = open()) {
      socket.setSoTimeout(10_000);
      String request =
          "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private Socket open() throws IOException {
    InetSocketAddress address = Objects.requireNonNull(server).address();
    return new Socket(address.getAddress(), address.getPort());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/", "/api/v1/report", "/api/v1/report/watch", "/api/v1/agents", "/metrics"})
  void aForeignSiteThatNamesItselfAsWeAreReadsNothing(String path) throws IOException {
    assertThat(answer(path, "evil.example:8080", given -> true))
        .startsWith("HTTP/1.1 421")
        .contains("--host")
        .doesNotContain("\"verdict\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:8080", "localhost:8080", "given.example"})
  void byItsOwnNamesItIsReadAndFormsGoNowhere(String host) throws IOException {
    assertThat(answer("/", host, given -> true))
        .startsWith("HTTP/1.1 200")
        .contains("form-action 'none'", "frame-ancestors 'self'");
  }

  @Test
  void whereATokenIsAskedForTheNameDoesNotMatter() throws IOException {
    Predicate<@Nullable String> token = "Bearer secret"::equals;

    assertThat(answer("/", "matrix.example.com", token)).startsWith("HTTP/1.1 200");
    assertThat(answer("/api/v1/report", "matrix.example.com", token)).startsWith("HTTP/1.1 401");
  }

  @Test
  void healthShowsTheReportsAgeAndFailsIfTheAnalysisIsStuck() throws IOException {
    now.set(START.plusSeconds(7));
    assertThat(answer("/healthz", "10.0.0.1", given -> true))
        .startsWith("HTTP/1.1 200")
        .contains("newest report 7 s old");

    now.set(START.plusSeconds(301));
    assertThat(answer("/healthz", "10.0.0.1", given -> true))
        .startsWith("HTTP/1.1 503")
        .contains("stuck", "301 s");
  }

  @Test
  void whoAsksForLongAnswersKeepsNobodyFromAskingWhetherItLivesAndForTheReport() throws Exception {
    assertThat(answer("/healthz", "10.0.0.1", given -> true)).startsWith("HTTP/1.1 200");
    metrics = new CountDownLatch(1);
    List<Socket> waiting = new ArrayList<>();
    try {
      for (int i = 0; i < 70; i++) {
        Socket socket = open();
        socket
            .getOutputStream()
            .write(
                "GET /metrics HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
        waiting.add(socket);
      }
      await().until(() -> answer("/", "10.0.0.1", given -> true).startsWith("HTTP/1.1 503"));

      for (String path : List.of("/healthz", "/readyz", "/api/v1/report")) {
        assertThat(answer(path, "10.0.0.1", given -> true)).startsWith("HTTP/1.1 200");
      }
    } finally {
      metrics.countDown();
      for (Socket socket : waiting) {
        socket.close();
      }
    }
  }

  private final class OneReport implements ScraperStatus {
    @Override
    public MeshReport report() {
      return new MeshReport(
          "m",
          START,
          io.llamamesh.results.Verdict.HEALTHY,
          "well",
          new MeshReport.Totals(0, 0, 0, 0, null, null, null),
          List.of(),
          List.of(),
          new MeshReport.Store(MeshReport.Store.State.NOT_CONFIGURED, null, null, 0));
    }

    @Override
    public List<AgentHealth> agents() {
      return List.of();
    }

    @Override
    public String metrics() {
      try {
        metrics.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return "# none\n";
    }

    @Override
    public boolean isLeader() {
      return true;
    }

    @Override
    public String notReadyReason() {
      return "";
    }
  }
}
