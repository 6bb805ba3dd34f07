package io.llamamesh.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.kube.ApiClients;
import io.llamamesh.kube.WatchAges;
import io.llamamesh.operator.resources.Owner;
import io.llamamesh.operator.resources.PrometheusOperatorApi;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** With a server that has PodMonitors, and refuses to tell of any. */
final class MonitorReconcilerTest {
  private static final Instant NOW = Instant.parse("2026-12-01T00:00:00Z");
  private static final Owner OWNER = new Owner("net", "m", "uid");
  private static final String KINDS =
      """
      {"kind": "APIResourceList", "groupVersion": "monitoring.coreos.com/v1", "resources": [
        {"name": "podmonitors", "singularName": "podmonitor", "namespaced": true,
         "kind": "PodMonitor", "verbs": ["get"]}]}
      """;

  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger(MonitorReconciler.class);
  private final AtomicInteger asked = new AtomicInteger();
  private final BlockingQueue<Integer> ended = new LinkedBlockingQueue<>();
  private final MonitorReconciler reconciler = new MonitorReconciler();
  private volatile String refusal = "a webhook does not answer";
  private HttpServer server;
  private KubernetesClient client;
  private PrometheusOperatorApi api;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/apis/monitoring.coreos.com/v1", exchange -> answer(exchange, 200, KINDS));
    server.createContext(
        "/apis/monitoring.coreos.com/v1/namespaces/",
        exchange -> {
          asked.incrementAndGet();
          answer(
              exchange,
              403,
              "{\"kind\": \"Status\", \"code\": 403, \"message\": \"%s\"}".formatted(refusal));
        });
    server.start();
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
            .build();
    client = ApiClients.of(() -> config).open(new WatchAges());
    api = new PrometheusOperatorApi(client, Clock.fixed(NOW, ZoneOffset.UTC));
    log.start();
    logger.addAppender(log);
  }

  private static void answer(HttpExchange exchange, int code, String json) throws IOException {
    try (exchange) {
      byte[] body = json.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().add("Content-Type", "application/json");
      exchange.sendResponseHeaders(code, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @AfterEach
  void stop() {
    logger.detachAppender(log);
    api.close();
    client.close();
    server.stop(0);
  }

  @Test
  void whatCannotBeWrittenIsTriedOnceAMinuteAndNamedOnce() throws Exception {
    assertThat(written(NOW)).isZero();
    assertThat(written(NOW.plusSeconds(50))).isZero();
    assertThat(asked).hasValue(1);
    assertThat(written(NOW.plusSeconds(60))).isZero();
    assertThat(written(NOW.plusSeconds(120))).isZero();
    assertThat(asked).hasValue(3);

    assertThat(log.list)
        .singleElement()
        .extracting(ILoggingEvent::getFormattedMessage)
        .asString()
        .startsWith("monitor not written mesh=net/m kind=PodMonitor")
        .contains(refusal);

    refusal = "a right is missing";
    assertThat(written(NOW.plusSeconds(180))).isZero();
    assertThat(log.list).hasSize(2);
  }

  /** How many were written at that time; the round before may be at its end still. */
  private int written(Instant now) throws InterruptedException {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> {
          reconciler.ensure(new LlamaMesh(), OWNER, MeshSettings.defaults(), api, now, ended::add);
          return !ended.isEmpty();
        });
    return ended.take();
  }
}
