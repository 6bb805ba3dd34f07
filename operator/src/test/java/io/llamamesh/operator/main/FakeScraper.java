package io.llamamesh.operator.main;

import com.sun.net.httpserver.HttpServer;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.MeshReport.Direction;
import io.llamamesh.results.MeshReport.Kind;
import io.llamamesh.results.MeshReport.PairReport;
import io.llamamesh.results.MeshReport.Store;
import io.llamamesh.results.MeshReport.Suspect;
import io.llamamesh.results.MeshReport.Totals;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.results.Verdict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;

/** Answers {@code /api/v1/report} with what the test says. */
final class FakeScraper implements AutoCloseable {
  private final HttpServer server;
  volatile MeshReport report = healthy();

  FakeScraper() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext(
        "/api/v1/report",
        exchange -> {
          try (exchange) {
            byte[] body = ResultsJson.mapper().writeValueAsBytes(report.withTime(Instant.now()));
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
          }
        });
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  static MeshReport healthy() {
    return new MeshReport(
        "m",
        Instant.parse("2026-11-20T10:00:00Z"),
        Verdict.HEALTHY,
        "all is well",
        new Totals(2, 2, 2, 0, 0.0, 0.07, 0.4123),
        List.of(),
        List.of(),
        new Store(Store.State.REACHABLE, null, Instant.parse("2026-11-20T10:00:00Z"), 40));
  }

  static MeshReport nodeLoss() {
    return nodeLoss(10.2345);
  }

  static MeshReport nodeLoss(double percent) {
    return new MeshReport(
        "m",
        Instant.parse("2026-11-20T10:00:10Z"),
        Verdict.NODE_LOSS,
        "node-1 egress explains 1 of 1 bad pairs, " + percent + " % loss",
        new Totals(2, 2, 2, 1, percent, 0.07, 0.4),
        List.of(
            new PairReport(
                "node-1",
                "node-2",
                "default",
                "IPv4",
                Verdict.PAIR_LOSS,
                480,
                98,
                20.4166,
                0.07,
                12.345,
                List.of()),
            new PairReport(
                "node-2",
                "node-1",
                "default",
                "IPv4",
                Verdict.HEALTHY,
                480,
                0,
                0.0,
                0.07,
                0.1,
                List.of())),
        List.of(new Suspect(Kind.NODE, "node-1", Direction.EGRESS, 1, 1, 20.4166)),
        new Store(Store.State.UNREACHABLE, "connection refused", null, 40));
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
