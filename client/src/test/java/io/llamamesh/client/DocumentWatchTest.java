package io.llamamesh.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.client.ClientException.Kind;
import io.llamamesh.results.FabricPartitions;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a watch promises, against servers that keep to nothing. */
@Timeout(60)
class DocumentWatchTest {
  private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
  private static final String EMPTY = "{\"partitions\":[]}";
  private static final Duration SILENCE = Duration.ofMillis(400);

  private final FabricClient client =
      new FabricClient(
          ClientOptions.standard().withTimeout(Duration.ofSeconds(20)).withMaxBytes(1 << 16),
          SILENCE);
  private final Queue<FabricPartitions> documents = new ConcurrentLinkedQueue<>();
  private final Queue<ClientException> failures = new ConcurrentLinkedQueue<>();
  private final WatchListener<FabricPartitions> listener =
      new WatchListener<>() {
        @Override
        public void changed(FabricPartitions document) {
          documents.add(document);
        }

        @Override
        public void failed(ClientException failure) {
          failures.add(failure);
        }
      };

  @AfterEach
  void close() {
    client.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A document with one partition of that name. */
  private static String partition(String name) {
    return "{\"partitions\":[{\"sideA\":[\""
        + name
        + "\"],\"sideB\":[\"b\"],\"direction\":\"both\","
        + "\"probesOnly\":false,\"via\":[],\"viaCount\":0}]}";
  }

  private ClientException firstFailure(HostileServer.Script script) throws Exception {
    try (HostileServer server = HostileServer.start(script);
        DocumentWatch watch = client.watchPartitions(server.uri(), listener)) {
      await().until(() -> !failures.isEmpty());
      assertThat(watch.connections()).isPositive();
      return failures.remove();
    }
  }

  @Test
  void aLineWithoutEndIsRefusedWhileItIsRead() throws Exception {
    assertThat(
            firstFailure(out -> {
              out.write(bytes(HEAD + "data: "));
              while (true) {
                out.write(bytes("x".repeat(1_000)));
              }
            }))
        .hasMessageContaining("larger than 65536 bytes")
        .extracting(ClientException::kind)
        .isEqualTo(Kind.TOO_LARGE);
  }

  @Test
  void anEventOfManyLinesWithoutEndIsRefused() throws Exception {
    assertThat(
            firstFailure(
                    out -> {
                      out.write(bytes(HEAD));
                      while (true) {
                        out.write(bytes("data: xxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"));
                      }
                    })
                .kind())
        .isEqualTo(Kind.TOO_LARGE);
  }

  @Test
  void silenceAfterADocumentEndsTheConnection() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    assertThat(
            firstFailure(
                    out -> {
                      out.write(bytes(HEAD + "data: " + EMPTY + "\n\n"));
                      out.flush();
                      never.await();
                    })
                .kind())
        .isEqualTo(Kind.TIMEOUT);
    assertThat(documents).hasSize(1);
  }

  @Test
  void bytesThatTrickleAreSilenceToo() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    assertThat(
            firstFailure(
                    out -> {
                      out.write(bytes(HEAD));
                      while (true) {
                        out.write(':');
                        out.flush();
                        var _ = never.await(20, TimeUnit.MILLISECONDS);
                      }
                    })
                .kind())
        .isEqualTo(Kind.TIMEOUT);
  }

  @Test
  void commentsKeepAConnectionThatHasNothingNew() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    AtomicInteger comments = new AtomicInteger();
    try (HostileServer server =
            HostileServer.start(out -> {
              out.write(bytes(HEAD + "data: " + EMPTY + "\n\n"));
              while (true) {
                out.write(bytes(":\n\n"));
                out.flush();
                comments.incrementAndGet();
                var _ = never.await(50, TimeUnit.MILLISECONDS);
              }
            });
        DocumentWatch watch = client.watchPartitions(server.uri(), listener)) {
      // More than twice as long as silence is allowed.
      await().until(() -> comments.get() > 20);
      assertThat(watch.connections()).isEqualTo(1);
      assertThat(watch.age()).isLessThan(SILENCE);
    }
    assertThat(documents).hasSize(1);
    assertThat(failures).isEmpty();
  }

  @Test
  void halfADocumentIsRefused() throws Exception {
    assertThat(firstFailure(out -> out.write(bytes(HEAD + "data: {\"partitions\":\n\n"))).kind())
        .isEqualTo(Kind.MALFORMED);
    assertThat(firstFailure(out -> out.write(bytes(HEAD + "data: {\"partitions\":"))).kind())
        .as("a stream that ends within an event")
        .isEqualTo(Kind.UNREACHABLE);
    assertThat(firstFailure(out -> out.write(bytes(HEAD + "data: {}\n\n"))).kind())
        .isEqualTo(Kind.MALFORMED);
    assertThat(documents).isEmpty();
  }

  @Test
  void aPageInPlaceOfEventsIsRefused() throws Exception {
    try (HostileServer server =
            HostileServer.saying(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi");
        var _ = client.watchPartitions(server.uri(), listener)) {
      await().until(() -> !failures.isEmpty());
      assertThat(failures.element()).hasMessageContaining("no stream of events");
    }
  }

  @Test
  void linesEndAsTheProtocolAllowsAndDataMayHaveSeveral() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    String whole =
        "id: 1\r\nevent: x\r\ndata: {\"partitions\":\r\ndata:[]}\r\n\r\n"
            + "data: "
            + partition("a")
            + "\r\r";
    try (HostileServer server =
            HostileServer.start(out -> {
              out.write(bytes(HEAD));
              for (byte each : bytes(whole)) {
                out.write(each);
                out.flush();
              }
              never.await();
            });
        var _ = client.watchPartitions(server.uri(), listener)) {
      await()
          .until(() -> documents.stream().anyMatch(document -> !document.partitions().isEmpty()));
    }
  }

  @Test
  void aSlowListenerGetsTheLastDocumentAndNotAllBetween() throws Exception {
    CountDownLatch sent = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    WatchListener<FabricPartitions> slow =
        new WatchListener<>() {
          @Override
          public void changed(FabricPartitions document) {
            try {
              assertThat(sent.await(20, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            documents.add(document);
          }
        };
    try (HostileServer server =
            HostileServer.start(out -> {
              out.write(bytes(HEAD));
              for (int i = 0; i < 1_000; i++) {
                out.write(bytes("data: " + partition("a" + i) + "\n\n"));
              }
              out.flush();
              sent.countDown();
              never.await();
            });
        var _ = client.watchPartitions(server.uri(), slow)) {
      await()
          .until(() ->
              documents.stream()
                  .flatMap(document -> document.partitions().stream())
                  .anyMatch(each -> each.sideA().equals(List.of("a999"))));
    }
    assertThat(documents).hasSizeLessThan(1_000);
  }

  @Test
  void aStreamThatEndsInOrderIsOpenedAgainAndIsNoFailure() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    AtomicInteger served = new AtomicInteger();
    try (HostileServer server =
            HostileServer.start(out -> {
              out.write(
                  bytes(HEAD + "data: " + partition("a" + served.getAndIncrement()) + "\n\n"));
              out.flush();
              var _ = never.await(250, TimeUnit.MILLISECONDS);
            });
        var _ = client.watchPartitions(server.uri(), listener)) {
      await().until(() -> documents.size() >= 3);
    }
    assertThat(failures).isEmpty();
  }

  @Test
  void whoFailsEachTimeIsAskedLessAndLess() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    try (HostileServer server =
            HostileServer.start((OutputStream out) -> {
              asked.incrementAndGet();
              out.write(bytes("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"));
            });
        var _ = client.watchPartitions(server.uri(), listener)) {
      long began = System.nanoTime();
      await().atMost(Duration.ofSeconds(20)).until(() -> asked.get() >= 4);
      // 200, 400 and 800 ms, a quarter less at least.
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofSeconds(1));
      assertThat(failures.element().status()).isEqualTo(503);
    }
  }

  @Test
  void aClientThatIsClosedEndsItsWatches() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    CountDownLatch gone = new CountDownLatch(1);
    try (HostileServer server =
            HostileServer.start(out -> {
              try {
                out.write(bytes(HEAD + "data: " + EMPTY + "\n\n"));
                while (true) {
                  out.write(bytes(":\n\n"));
                  out.flush();
                  var _ = never.await(20, TimeUnit.MILLISECONDS);
                }
              } finally {
                gone.countDown();
              }
            });
        var _ = client.watchPartitions(server.uri(), listener)) {
      await().until(() -> !documents.isEmpty());
      client.close();
      assertThat(gone.await(20, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(failures).isEmpty();
  }
}
