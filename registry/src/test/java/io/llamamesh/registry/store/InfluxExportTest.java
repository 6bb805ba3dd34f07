package io.llamamesh.registry.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class InfluxExportTest {
  private static final Instant AT = Instant.ofEpochSecond(1_795_930_000);
  private static final Map<String, Object> METRICS =
      Map.of(
          "probe_count_removed", 1,
          "probe_count_active", 2,
          "group_count_active", 3,
          "group_count_removed", 0,
          "database_size_bytes", 4_096L,
          "uptime", 61.9,
          "clean_runtime", 0.00012,
          "active_threads", 9);

  private final List<String> requests = new ArrayList<>();
  private HttpServer store;
  private int status;
  private InfluxExport export;

  @BeforeAll
  static void limitRequests() {
    // The JDK's server reads its limits once in a process, which other tests share.
    System.setProperty("sun.net.httpserver.maxReqTime", "3");
  }

  @BeforeEach
  void start() throws Exception {
    store = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    store.createContext(
        "/",
        exchange -> {
          String query = exchange.getRequestURI().getRawQuery();
          String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
          requests.add(exchange.getRequestURI().getPath() + "?" + query + " " + body);
          if (exchange.getRequestURI().getPath().equals("/query")) {
            status = 204;
            exchange.sendResponseHeaders(200, -1);
          } else {
            exchange.sendResponseHeaders(status, -1);
          }
          exchange.close();
        });
    store.start();
    export =
        new InfluxExport(
            new InfluxExport.Target(
                URI.create("http://127.0.0.1:" + store.getAddress().getPort() + "/"),
                "llama",
                "user",
                "secret"),
            "my host",
            "192.0.2.1");
  }

  @AfterEach
  void stop() {
    export.close();
    store.stop(0);
  }

  @Test
  void aPointHasLlamaSdsMeasurementTagsAndFields() {
    status = 204;
    export.write(METRICS, AT);
    assertThat(requests)
        .containsExactly(
            "/write?precision=s&db=llama llama_server,hostname=my\\ host,ipaddress=192.0.2.1"
                + " probe_count_removed=1i,probe_count_active=2i,group_count_active=3i,"
                + "group_count_removed=0i,database_size_bytes=4096i,uptime=61i,"
                + "clean_runtime=0.000120 1795930000");
  }

  @Test
  void aMissingDatabaseIsMade() {
    status = 404;
    export.write(METRICS, AT);
    assertThat(requests).hasSize(3);
    assertThat(requests.get(1)).startsWith("/query?q=CREATE+DATABASE+%22llama%22");
    assertThat(requests.get(2)).startsWith("/write?");
  }

  @Test
  void whileTheStoreIsAwayAnHourWaitsAndNoMore() {
    status = 500;
    for (int minute = 0; minute < 70; minute++) {
      export.write(METRICS, AT.plusSeconds(60L * minute));
    }
    requests.clear();
    status = 204;
    export.write(METRICS, AT.plusSeconds(60L * 70));
    assertThat(requests).hasSize(1);
    assertThat(requests.getFirst().lines()).hasSize(60);
    assertThat(export.dropped()).isEqualTo(11);
    requests.clear();
    export.write(METRICS, AT.plusSeconds(60L * 71));
    assertThat(requests.getFirst().lines()).hasSize(1);
  }

  @Test
  void theTargetIsShownWithoutItsPassword() {
    assertThat(new InfluxExport.Target(URI.create("http://h:1/"), "d", "u", "secret").toString())
        .isEqualTo("http://h:1/ database d");
  }
}
