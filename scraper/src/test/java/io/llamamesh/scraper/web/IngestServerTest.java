package io.llamamesh.scraper.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.Point;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.scraper.auth.TokenFile;
import io.llamamesh.scraper.auth.Tokens;
import io.llamamesh.scraper.matrix.Matrix;
import io.llamamesh.scraper.matrix.WindowSelection;
import io.llamamesh.scraper.pull.PointRights;
import io.llamamesh.scraper.pull.PostingAccess;
import io.llamamesh.scraper.pull.PullCounters;
import io.llamamesh.scraper.pull.WindowIngest;
import io.llamamesh.scraper.store.Store;
import io.llamamesh.scraper.store.StoreWriter;
import io.llamamesh.scraper.store.WriteFailure;
import io.llamamesh.scraper.store.WriteResult;
import io.llamamesh.scraper.testing.Points;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may post windows. */
final class IngestServerTest {
  @TempDir private Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private final Matrix matrix =
      new Matrix(Duration.ofSeconds(1), Duration.ofHours(1), InstantSource.system());
  private final PullCounters counters = new PullCounters();
  private IngestServer server;

  @BeforeEach
  void start() throws IOException {
    Files.writeString(
        folder.resolve("tokens.json"),
        """
        [{"id":1,"key":"secret","signFrom":"2020-01-01T00:00:00Z"}]
        """);
    server = server(null);
  }

  private IngestServer server(@Nullable StoreWriter writer) throws IOException {
    Tokens tokens = TokenFile.open(folder, InstantSource.system());
    return new IngestServer(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        new WindowIngest(matrix, writer, counters, InstantSource.system()),
        tokens::accepts);
  }

  @AfterEach
  void stop() {
    server.close();
    http.close();
  }

  @Test
  void withoutTheTokenNothingIsTaken() throws Exception {
    HttpResponse<String> without = http.send(request().build(), text());
    HttpResponse<String> wrong =
        http.send(request().header("Authorization", "Bearer guess").build(), text());

    assertThat(without.statusCode()).isEqualTo(401);
    assertThat(without.body()).contains("\"error\"", "token");
    assertThat(wrong.statusCode()).isEqualTo(401);
    assertThat(matrix.view(WindowSelection.last(3)).pairs()).isEmpty();
  }

  @Test
  void withTheTokenItIs() throws Exception {
    HttpResponse<String> answer =
        http.send(request().header("Authorization", "Bearer secret").build(), text());

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(matrix.view(WindowSelection.last(3)).pairs()).hasSize(1);
  }

  /** Agents outside hold a token of their own, by which they may not speak for a node. */
  @Test
  void aTokenForPushesDoesNotLetLastWindowsIn() throws Exception {
    server.close();
    server =
        new IngestServer(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            new WindowIngest(matrix, null, counters, InstantSource.system()),
            PostingAccess.of(authorization -> false),
            "Bearer outside"::equals,
            null);
    HttpRequest.Builder last = request().header("Authorization", "Bearer outside");
    assertThat(http.send(last.build(), text()).statusCode()).isEqualTo(401);
    assertThat(matrix.view(WindowSelection.last(3)).pairs()).isEmpty();

    HttpRequest.Builder push =
        request()
            .header("Authorization", "Bearer outside")
            .header("Llama-Agent", "a")
            .header("Llama-Cursor", "b00t:1")
            .header("Llama-Windows", "1");
    // This one follows no list of agents that push.
    HttpResponse<String> answer = http.send(push.build(), text());
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).contains("accepts no pushed windows");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "%20 | b00t:1 | 1 | 2026-11-20T10:00:00Z | Llama-Agent must be a name",
        "a%0Ab | b00t:1 | 1 | 2026-11-20T10:00:00Z | Llama-Agent must be a name",
        "a | b00t | 1 | 2026-11-20T10:00:00Z | cursor",
        "a | b00t:1 | many | 2026-11-20T10:00:00Z | Llama-Windows must be a number",
        "a | b00t:1 | 999999 | 2026-11-20T10:00:00Z | Llama-Windows must be a number",
        "a | b00t:1 | 1 | yesterday | Llama-Clock must be a time",
        "a | b00t:1 | 1 | +999999999-12-31T23:59:59Z | Llama-Clock must be from 1970 to 2199",
        "%zz | b00t:1 | 1 | 2026-11-20T10:00:00Z | Llama-Agent must be a name",
      })
  void headersThatSayNothingAreRefusedByTheirNames(
      String agent, String cursor, String windows, String clock, String message) throws Exception {
    HttpResponse<String> answer =
        http.send(
            request()
                .header("Authorization", "Bearer secret")
                .header("Llama-Agent", agent)
                .header("Llama-Cursor", cursor)
                .header("Llama-Windows", windows)
                .header("Llama-Clock", clock)
                .build(),
            text());

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    assertThat(answer.body()).containsIgnoringCase(message);
  }

  /** Without a token a page of anybody could have its visitors' browsers post. */
  @Test
  void aPageOfAnotherSiteCannotPost() throws Exception {
    HttpResponse<String> answer =
        http.send(
            request()
                .header("Authorization", "Bearer secret")
                .header("Origin", "https://evil.example")
                .build(),
            text());

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(matrix.view(WindowSelection.last(3)).pairs()).isEmpty();
  }

  @Test
  void moreSeriesThanAnAgentMayHaveAreLeftOutAndCounted() throws Exception {
    WindowIngest ingest = new WindowIngest(matrix, null, counters, InstantSource.system());
    InetAddress one = InetAddress.ofLiteral("192.0.2.11");
    InetAddress other = InetAddress.ofLiteral("192.0.2.12");
    Instant end = Instant.ofEpochSecond(Instant.now().getEpochSecond());
    for (int page = 0; page < 5; page++) {
      List<Point> points = new ArrayList<>();
      for (int i = 0; i < 10_000; i++) {
        points.add(Points.pair("n1", "x-" + page + "-" + i, end, 10, 1, 1));
      }
      var _ = ingest.accept(ResultsJson.mapper().writeValueAsBytes(points), one, PointRights.ALL);
    }

    assertThat(counters.excess()).isBetween(17_000L, 17_232L);
    assertThat(
            ingest.accept(
                ResultsJson.mapper()
                    .writeValueAsBytes(List.of(Points.pair("n2", "n1", end, 10, 1, 1))),
                other,
                PointRights.ALL))
        .isEqualTo(new WindowIngest.Outcome.Accepted(1));
  }

  @Test
  void whatCannotBeReadIsCounted() throws Exception {
    WindowIngest ingest = new WindowIngest(matrix, null, counters, InstantSource.system());

    WindowIngest.Outcome outcome =
        ingest.accept(
            "[{},{}]".getBytes(StandardCharsets.UTF_8),
            InetAddress.getLoopbackAddress(),
            PointRights.ALL);

    assertThat(outcome).isEqualTo(new WindowIngest.Outcome.Accepted(0));
    assertThat(counters.malformed()).isEqualTo(2);
  }

  @Test
  void theSchemesCaseDoesNotMatter() throws Exception {
    HttpResponse<String> answer =
        http.send(request().header("Authorization", "bearer secret").build(), text());

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  @Test
  void whileTheStoreIsAwayTheAnswerDoesNotWaitForTheBody() throws Exception {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    ClosedStore store = new ClosedStore();
    try (StoreWriter writer = new StoreWriter(store, now::get)) {
      server.close();
      server = server(writer);
      assertThat(writer.write(List.of("p value=1"))).isInstanceOf(WriteResult.Postponed.class);

      // More than are read at once, none of which ever sends a byte of its body.
      for (int i = 0; i < 8; i++) {
        try (Socket socket =
            new Socket(server.address().getAddress(), server.address().getPort())) {
          socket
              .getOutputStream()
              .write(
                  "POST /ingest HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\nContent-Length: 1000000\r\n\r\n"
                      .getBytes(StandardCharsets.US_ASCII));
          assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
              .isEqualTo("HTTP/1.1 503");
        }
      }
      assertThat(store.asked).hasValue(1);

      HttpResponse<String> refused =
          http.send(request().header("Authorization", "Bearer secret").build(), text());
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.body()).contains("disk full");
      assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");

      store.away = false;
      now.set(now.get().plusSeconds(60));
      HttpResponse<String> taken =
          http.send(request().header("Authorization", "Bearer secret").build(), text());
      assertThat(taken.statusCode()).as(taken.body()).isEqualTo(200);
    }
  }

  /** In a rollout many agents drain together. */
  @Test
  void whoFindsAllPlacesTakenWaitsForOne() throws Exception {
    List<Socket> slow = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Socket socket = new Socket(server.address().getAddress(), server.address().getPort());
      socket
          .getOutputStream()
          .write(
              "POST /ingest HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\nContent-Length: 2\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      slow.add(socket);
    }
    CompletableFuture<HttpResponse<String>> waiting =
        http.sendAsync(request().header("Authorization", "Bearer secret").build(), text());
    for (Socket socket : slow) {
      socket.getOutputStream().write("[]".getBytes(StandardCharsets.US_ASCII));
    }
    for (Socket socket : slow) {
      try (socket) {
        assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
            .isEqualTo("HTTP/1.1 200");
      }
    }

    assertThat(waiting.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
  }

  private HttpRequest.Builder request() throws IOException {
    Instant end = Instant.ofEpochSecond(Instant.now().getEpochSecond() - 5);
    return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + server.address().getPort() + "/ingest"))
        .POST(
            HttpRequest.BodyPublishers.ofByteArray(
                ResultsJson.mapper()
                    .writeValueAsBytes(List.of(Points.pair("a", "b", end, 16, 0, 0.1)))));
  }

  private static HttpResponse.BodyHandler<String> text() {
    return HttpResponse.BodyHandlers.ofString();
  }

  private static final class ClosedStore implements Store {
    private final AtomicInteger asked = new AtomicInteger();
    private volatile boolean away = true;

    @Override
    public void write(List<String> lines) throws WriteFailure.WriteFailedException {
      asked.incrementAndGet();
      if (away) {
        throw new WriteFailure.WriteFailedException(
            new WriteFailure.Unavailable("disk full", Duration.ofSeconds(40)));
      }
    }

    @Override
    public String description() {
      return "closed";
    }

    @Override
    public void close() {}
  }
}
