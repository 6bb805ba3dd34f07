package io.llamamesh.operator.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.llamamesh.operator.status.NetworkView;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.MeshReport.Store;
import io.llamamesh.results.MeshReport.Totals;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.results.Verdict;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReportPollerTest {
  private final CountDownLatch over = new CountDownLatch(1);
  private HttpServer healthy;
  private ExecutorService threads;
  private ServerSocket silent;
  private ReportPoller poller;
  private volatile Supplier<Instant> time = Instant::now;

  @BeforeEach
  void start() throws IOException {
    healthy = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4);
    healthy.createContext(
        "/api/v1/report",
        exchange -> {
          try (exchange) {
            byte[] body = ResultsJson.mapper().writeValueAsBytes(report());
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
          }
        });
    threads = Executors.newVirtualThreadPerTaskExecutor();
    healthy.setExecutor(threads);
    healthy.start();
    // Takes connections into its queue and never says a word, as a host that is cut off.
    silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    poller = ReportPoller.start();
  }

  @AfterEach
  void stop() throws IOException {
    over.countDown();
    poller.close();
    silent.close();
    healthy.stop(0);
    threads.shutdownNow();
  }

  @Test
  void whenTheWriterIsCutOffTheOtherOneIsAskedWithinAFewSeconds() {
    watch(() -> "a", scraper("a", silent.getLocalPort()), scraper("b", port()));

    awaitKnown(Duration.ofSeconds(9));
  }

  @Test
  void anApiServerThatDoesNotTellWhoWritesHoldsUpNothing() {
    watch(
        () -> {
          try {
            over.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return null;
        },
        scraper("a", silent.getLocalPort()),
        scraper("b", port()));

    awaitKnown(Duration.ofSeconds(9));
    Instant first = observed();
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> observed().isAfter(first));
  }

  @Test
  void aReportThatStandsStillIsNoWordAboutNow() {
    Instant old = Instant.now().minus(Duration.ofHours(1));
    time = () -> old;
    watch(() -> null, scraper("a", port()));

    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() ->
            poller.view("m") instanceof NetworkView.Unknown unknown
                && unknown.reason().equals("ReportStale"));

    time = Instant::now;
    awaitKnown(Duration.ofSeconds(10));
  }

  @Test
  void whatAScraperSendsByItselfCountsAtOnceAndPollingGoesOn() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    BlockingQueue<String> sent = new LinkedBlockingQueue<>();
    healthy.createContext(
        "/api/v1/report/watch",
        exchange -> {
          try (exchange) {
            asked.incrementAndGet();
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            for (String event = sent.take(); !event.isEmpty(); event = sent.take()) {
              exchange.getResponseBody().write(event.getBytes(StandardCharsets.UTF_8));
              exchange.getResponseBody().flush();
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    BlockingQueue<NetworkView> seen = new LinkedBlockingQueue<>();
    poller.watch(
        "m",
        Duration.ofSeconds(10),
        true,
        List.of(scraper("a", port())),
        () -> null,
        () -> true,
        seen::add);
    awaitKnown(Duration.ofSeconds(9));
    sent.add(": alive\n\n");
    Awaitility.await().atMost(Duration.ofSeconds(9)).until(() -> poller.openWatches() == 1);

    // Of an hour from now, so that it cannot be what polling found.
    Instant pushed = Instant.now().plus(Duration.ofHours(1)).truncatedTo(ChronoUnit.SECONDS);
    sent.add(
        "data: " + ResultsJson.mapper().writeValueAsString(report().withTime(pushed)) + "\n\n");

    Awaitility.await()
        .atMost(Duration.ofSeconds(9))
        .until(() ->
            seen.stream()
                .anyMatch(view ->
                    view instanceof NetworkView.Known known
                        && known.report().time().equals(pushed)));
    // One that ends is opened anew.
    sent.add("");
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> asked.get() > 1);
    assertThat(poller.endedWatches()).isPositive();
    sent.add("");
  }

  @Test
  void aScraperWithoutAWatchIsPolledAsEver() {
    poller.watch(
        "m",
        Duration.ofSeconds(10),
        true,
        List.of(scraper("a", port())),
        () -> null,
        () -> true,
        view -> {});

    awaitKnown(Duration.ofSeconds(9));
    Instant first = observed();
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> observed().isAfter(first));
    assertThat(poller.openWatches()).isZero();
  }

  @Test
  void whereNothingComesBackThePortAndWhatMayDropItAreNamed() {
    watch(() -> null, scraper("a", silent.getLocalPort()));

    assertThat(awaitUnreachable())
        .contains("no answer within", silent.getLocalPort() + "/tcp", "NetworkPolicy");
  }

  @Test
  void whereNobodyListensNoPolicyIsBlamed() throws IOException {
    int closed;
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = taken.getLocalPort();
    }
    watch(() -> null, scraper("a", closed));

    assertThat(awaitUnreachable()).contains("connection refused").doesNotContain("NetworkPolicy");
  }

  private String awaitUnreachable() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() ->
            poller.view("m") instanceof NetworkView.Unknown unknown
                && unknown.reason().equals("ScraperUnreachable"));
    return ((NetworkView.Unknown) poller.view("m")).message();
  }

  private void watch(Supplier<@Nullable String> writer, ScraperEndpoint... scrapers) {
    poller.watch(
        "m", Duration.ofSeconds(10), false, List.of(scrapers), writer, () -> true, view -> {});
  }

  private void awaitKnown(Duration within) {
    Awaitility.await().atMost(within).until(() -> poller.view("m") instanceof NetworkView.Known);
    assertThat(((NetworkView.Known) poller.view("m")).report().verdict())
        .isEqualTo(Verdict.HEALTHY);
  }

  private Instant observed() {
    return poller.view("m") instanceof NetworkView.Known known
        ? known.report().time()
        : Instant.EPOCH;
  }

  private int port() {
    return healthy.getAddress().getPort();
  }

  private static ScraperEndpoint scraper(String pod, int port) {
    return new ScraperEndpoint(pod, URI.create("http://127.0.0.1:" + port + "/"), true);
  }

  private MeshReport report() {
    return new MeshReport(
        "m",
        time.get(),
        Verdict.HEALTHY,
        "",
        new Totals(2, 2, 2, 0, 0.0, 0.1, 0.4),
        List.of(),
        List.of(),
        new Store(Store.State.NOT_CONFIGURED, null, null, 0));
  }
}
