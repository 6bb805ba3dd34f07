package io.llamamesh.scraper.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.llamamesh.scraper.store.WriteFailure.WriteFailedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class InfluxV2Test {
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final HttpServer server;
  private volatile int status = 204;
  private volatile String answer = "";

  InfluxV2Test() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/api/v2/write", this::take);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void writesGzippedLinesInMillisecondsWithTheToken() throws WriteFailedException {
    try (InfluxV2 store = store("secret")) {
      store.write(List.of("a x=1.0 1", "a x=2.0 2"));
    }

    assertThat(requests)
        .singleElement()
        .asString()
        .contains("precision=ms", "org=net", "bucket=llama", "Token secret", "gzip")
        .endsWith("a x=1.0 1\na x=2.0 2\n");
  }

  @Test
  void aBadRequestIsARejectionInTheStoresWords() {
    status = 400;
    answer = "{\"code\":\"invalid\",\"message\":\"field type conflict: x\"}";

    assertThat(failure())
        .isInstanceOfSatisfying(
            WriteFailure.Rejected.class,
            rejected -> assertThat(rejected.message()).contains("field type conflict: x"));
  }

  @Test
  void anOverloadedStoreSaysWhenToComeAgain() {
    status = 503;

    assertThat(failure())
        .isInstanceOfSatisfying(
            WriteFailure.Unavailable.class,
            away -> assertThat(away.retryAfter()).isEqualTo(Duration.ofSeconds(7)));
  }

  @Test
  void aRefusedTokenIsNoFaultOfThePoints() {
    status = 401;
    answer = "{\"code\":\"unauthorized\",\"message\":\"unauthorized access\"}";

    assertThat(failure())
        .isInstanceOfSatisfying(
            WriteFailure.Unavailable.class,
            away -> assertThat(away.message()).contains("401", "unauthorized access"));
  }

  @Test
  void tooLargeIsAFailureOfItsOwn() {
    status = 413;

    assertThat(failure()).isInstanceOf(WriteFailure.TooLarge.class);
  }

  @Test
  void aStoreThatIsNotThereIsUnavailable() {
    server.stop(0);

    assertThat(failure()).isInstanceOf(WriteFailure.Unavailable.class);
  }

  private WriteFailure failure() {
    try (InfluxV2 store = store(null)) {
      WriteFailedException failed =
          catchThrowableOfType(WriteFailedException.class, () -> store.write(List.of("a x=1.0 1")));
      return failed.failure();
    }
  }

  private InfluxV2 store(@Nullable String token) {
    return new InfluxV2(
        "http://127.0.0.1:" + server.getAddress().getPort(),
        "net",
        "llama",
        token,
        Duration.ofSeconds(5));
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      String encoding = String.valueOf(exchange.getRequestHeaders().getFirst("Content-Encoding"));
      byte[] body =
          encoding.equals("gzip")
              ? new GZIPInputStream(exchange.getRequestBody()).readAllBytes()
              : exchange.getRequestBody().readAllBytes();
      requests.add(
          "%s %s %s %s"
              .formatted(
                  exchange.getRequestURI().getQuery(),
                  exchange.getRequestHeaders().getFirst("Authorization"),
                  encoding,
                  new String(body, StandardCharsets.UTF_8)));
      exchange.getResponseHeaders().set("Retry-After", "7");
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      if (bytes.length > 0) {
        exchange.getResponseBody().write(bytes);
      }
    }
  }
}
