package io.llamamesh.local.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PortForwardTest {
  @Test
  void untilThePodIsThereItSaysSoAndThenItPassesRequests() throws Exception {
    AtomicReference<@Nullable InetSocketAddress> target = new AtomicReference<>();
    HttpServer pod =
        HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    pod.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, 2);
          exchange.getResponseBody().write("ok".getBytes(java.nio.charset.StandardCharsets.UTF_8));
          exchange.close();
        });
    pod.start();
    try (PortForward forward = PortForward.open(0, target::get);
        HttpClient http = HttpClient.newHttpClient()) {
      assertThat(get(http, forward).statusCode()).isEqualTo(503);
      assertThat(get(http, forward).body()).contains("starting");

      target.set(pod.getAddress());

      assertThat(get(http, forward).body()).isEqualTo("ok");
    } finally {
      pod.stop(0);
    }
  }

  @Test
  void aBusyPortIsRefused() throws Exception {
    try (PortForward first = PortForward.open(0, () -> null)) {
      assertThatThrownBy(() -> PortForward.open(first.port(), () -> null))
          .isInstanceOf(BindException.class);
    }
  }

  private static HttpResponse<String> get(HttpClient http, PortForward forward) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + forward.port() + "/"))
            .timeout(Duration.ofSeconds(10))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
