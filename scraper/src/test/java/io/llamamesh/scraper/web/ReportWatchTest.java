package io.llamamesh.scraper.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.client.ClientException;
import io.llamamesh.client.ClientOptions;
import io.llamamesh.client.DocumentWatch;
import io.llamamesh.client.ScraperClient;
import io.llamamesh.client.WatchListener;
import io.llamamesh.results.FabricReport;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.ReportHeaders;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ReportWatchTest {
  private final SimulatedScraper scraper;
  private final URI server;
  private final ScraperClient client = new ScraperClient(ClientOptions.standard());
  private final Queue<MeshReport> seen = new ConcurrentLinkedQueue<>();
  private final Queue<ClientException> failures = new ConcurrentLinkedQueue<>();
  private final WatchListener<MeshReport> listener =
      new WatchListener<>() {
        @Override
        public void changed(MeshReport report) {
          seen.add(report);
        }

        @Override
        public void failed(ClientException failure) {
          failures.add(failure);
        }
      };

  ReportWatchTest() throws IOException {
    scraper =
        new SimulatedScraper(
            0, 4, 1, (source, destination, path) -> 0, given -> !"Bearer wrong".equals(given));
    server = URI.create(scraper.url());
    scraper.publish(SimulatedScraper.newest());
  }

  @AfterEach
  void stop() {
    client.close();
    scraper.close();
  }

  private static FabricReport gone(String node) {
    return new FabricReport(
        3,
        Instant.EPOCH,
        List.of(new FabricReport.Unreachable(node, Instant.EPOCH, FabricReport.Kind.NODE)),
        List.of());
  }

  private boolean hasSeen(FabricReport fabric) {
    return seen.stream().anyMatch(report -> fabric.equals(report.fabric()));
  }

  @Test
  void theReportOfNowComesFirstAndWhatTheFabricKnowsAtOnce() {
    try (DocumentWatch watch = client.watchReport(server, listener)) {
      await().until(() -> !seen.isEmpty());
      assertThat(seen.element().fabric()).isNull();
      assertThat(watch.header(ReportHeaders.LEADER)).isEqualTo("true");

      long began = System.nanoTime();
      scraper.fabric(gone("node-2"));
      await().pollInterval(Duration.ofMillis(5)).until(() -> hasSeen(gone("node-2")));
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(1));
    }
  }

  @Test
  void manyChangesAtOnceAreFewEventsAndTheLastIsAmongThem() {
    try (var _ = client.watchReport(server, listener)) {
      await().until(() -> !seen.isEmpty());
      for (int i = 0; i < 1_000; i++) {
        scraper.fabric(gone("node-" + i));
      }
      await().until(() -> hasSeen(gone("node-999")));
      assertThat(seen).hasSizeLessThan(20);
      assertThat(failures).isEmpty();
    }
  }

  @Test
  void whatChangesNothingThatAVerdictRestsOnIsNoEvent() {
    try (var _ = client.watchReport(server, listener)) {
      await().until(() -> !seen.isEmpty());
      await()
          .during(Duration.ofSeconds(2))
          .until(() -> {
            scraper.fabric(null); // counted as a change, and is none
            return seen.size() == 1;
          });
    }
  }

  @Test
  void aWatchEndsWhereLeadershipChangesAndTheNextSaysWhoLeads() {
    try (DocumentWatch watch = client.watchReport(server, listener)) {
      await().until(() -> !seen.isEmpty());
      scraper.leads(false);
      await().until(() -> "false".equals(watch.header(ReportHeaders.LEADER)));
      assertThat(failures).isEmpty();
    }
  }

  @Test
  void watchesHaveABoundOfTheirOwn() throws Exception {
    List<DocumentWatch> watches = new ArrayList<>();
    try {
      for (int i = 0; i < 17; i++) {
        watches.add(client.watchReport(server, listener));
      }
      await().until(() -> !failures.isEmpty());
      assertThat(failures.element().status()).isEqualTo(503);
      assertThat(failures.element()).hasMessageContaining("too many watches");
      assertThat(client.report(server).mesh()).isEqualTo("simulated");
    } finally {
      watches.forEach(DocumentWatch::close);
    }
  }

  @Test
  void aWatchAsksForTheTokenAsTheReportDoes() {
    try (ScraperClient wrong =
            new ScraperClient(ClientOptions.standard().withToken(() -> "wrong"));
        var _ = wrong.watchReport(server, listener)) {
      await().until(() -> !failures.isEmpty());
      assertThat(failures.element().kind()).isEqualTo(ClientException.Kind.TOKEN_REFUSED);
      assertThat(seen).isEmpty();
    }
  }
}
