package io.llamamesh.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.client.ClientException.Kind;
import io.llamamesh.client.fake.FakeMeshServer;
import io.llamamesh.results.MatrixDocument;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.Verdict;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ScraperClientTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private FakeMeshServer scraper;
  private final ScraperClient client = new ScraperClient(ClientOptions.standard());

  @BeforeEach
  void start() throws IOException {
    scraper = FakeMeshServer.start();
  }

  @AfterEach
  void close() {
    client.close();
    scraper.close();
  }

  private static MeshReport report(String message) {
    return new MeshReport(
        "default",
        NOW,
        Verdict.HEALTHY,
        message,
        new MeshReport.Totals(3, 3, 6, 0, 0.0, 0.2, 0.4),
        List.of(),
        List.of(),
        new MeshReport.Store(MeshReport.Store.State.REACHABLE, null, NOW, 12));
  }

  private static MatrixDocument matrix() {
    return new MatrixDocument(
        "default", NOW, 10, 3, null, 1, 100, List.of(), List.of(), List.of(), null);
  }

  @Test
  void aReportIsReadAsItWasWritten() throws Exception {
    scraper.report(report("all well"));

    assertThat(client.report(scraper.uri())).isEqualTo(report("all well"));
    assertThat(client.report(URI.create(scraper.uri() + "/"))).isEqualTo(report("all well"));
  }

  @Test
  void textsComeWithoutControlCharacters() throws Exception {
    scraper.report(report("all\u001b[2J well"));

    assertThat(client.report(scraper.uri()).message()).doesNotContain("\u001b");
  }

  @Test
  void aMatrixIsAskedForByItsWindows() throws Exception {
    scraper.matrix(matrix());

    assertThat(client.matrix(scraper.uri(), MatrixQuery.latest())).isEqualTo(matrix());
    client.matrix(scraper.uri(), MatrixQuery.last(7));
    client.matrix(scraper.uri(), MatrixQuery.since(NOW));

    assertThat(scraper.requests())
        .containsExactly(
            "/api/v1/matrix",
            "/api/v1/matrix?windows=7",
            "/api/v1/matrix?since=2026-01-01T00:00:00Z");
  }

  @Test
  void aDocumentComesByteForByte() throws Exception {
    scraper.respond("/api/v1/agents", 200, Map.of(), "[ 1 ]\n");

    assertThat(client.document(scraper.uri(), "/api/v1/agents"))
        .isEqualTo("[ 1 ]\n".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aScraperThatHasNothingYetSaysSoByItsStatus() {
    assertThatThrownBy(() -> client.report(scraper.uri()))
        .isInstanceOfSatisfying(
            ClientException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.STATUS);
              assertThat(e.status()).isEqualTo(503);
            });
  }
}
