package io.llamamesh.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llamamesh.client.ClientException.Kind;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the package promises of every call, against servers that keep to nothing. */
@Timeout(60)
class HostileServerTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
  private static final byte[] CHUNK = " ".repeat(1 << 16).getBytes(StandardCharsets.UTF_8);
  private static final ClientOptions OPTIONS =
      ClientOptions.standard().withTimeout(Duration.ofSeconds(20)).withMaxBytes(1 << 20);
  private static final ClientOptions IMPATIENT = OPTIONS.withTimeout(Duration.ofMillis(300));

  @Test
  void anEndlessBodyIsRefusedWhileItIsRead() throws Exception {
    AtomicLong written = new AtomicLong();
    try (HostileServer server =
        HostileServer.start(out -> {
          out.write((OK + "\r\n").getBytes(StandardCharsets.UTF_8));
          while (true) {
            out.write(CHUNK);
            written.addAndGet(CHUNK.length);
          }
        })) {
      ClientException failure = reportFailure(server.uri(), OPTIONS);

      assertThat(failure.kind()).isEqualTo(Kind.TOO_LARGE);
      assertThat(failure).hasMessageContaining("larger than 1048576 bytes");
      // Sockets' buffers beside, which are some MiB on the loopback.
      assertThat(written.get()).isLessThan(64L << 20);
    }
  }

  @Test
  void aBodyThatClaimsToBeHugeIsRefused() throws Exception {
    try (HostileServer server =
        HostileServer.start(out -> {
          out.write((OK + "Content-Length: 99999999999\r\n\r\n").getBytes(StandardCharsets.UTF_8));
          while (true) {
            out.write(CHUNK);
          }
        })) {
      assertThat(reportFailure(server.uri(), OPTIONS).kind()).isEqualTo(Kind.TOO_LARGE);
    }
  }

  @Test
  void aBodyThatTricklesEndsWithTheTimeout() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    try (HostileServer server =
        HostileServer.start(out -> {
          out.write((OK + "\r\n").getBytes(StandardCharsets.UTF_8));
          while (true) {
            out.write(' ');
            out.flush();
            var _ = never.await(20, TimeUnit.MILLISECONDS);
          }
        })) {
      assertThat(reportFailure(server.uri(), IMPATIENT))
          .hasMessageContaining("no whole answer within 300 ms")
          .extracting(ClientException::kind)
          .isEqualTo(Kind.TIMEOUT);
    }
  }

  @Test
  void silenceEndsWithTheTimeout() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    try (HostileServer server = HostileServer.start(out -> never.await())) {
      assertThat(reportFailure(server.uri(), IMPATIENT).kind()).isEqualTo(Kind.TIMEOUT);
    }
  }

  @Test
  void aRedirectIsNamedAndNotFollowed() throws Exception {
    try (HostileServer server =
        HostileServer.saying(
            "HTTP/1.1 302 Found\r\nLocation: http://elsewhere.invalid/\r\nContent-Length: 0\r\n\r\n")) {
      ClientException failure = reportFailure(server.uri(), OPTIONS.withToken(() -> "a-secret"));

      assertThat(failure.kind()).isEqualTo(Kind.STATUS);
      assertThat(failure.status()).isEqualTo(302);
      assertThat(failure)
          .hasMessageContaining("http://elsewhere.invalid/, which is not followed")
          .hasMessageNotContaining("a-secret");
    }
  }

  @Test
  void aPageInPlaceOfADocumentIsRefused() throws Exception {
    for (String body : new String[] {"<html>", "null", "[]", "{\"mesh\":1", "{\"worstPairs\":7}"}) {
      try (HostileServer server =
          HostileServer.saying(OK + "Content-Length: " + body.length() + "\r\n\r\n" + body)) {
        assertThat(reportFailure(server.uri(), OPTIONS).kind()).as(body).isEqualTo(Kind.MALFORMED);
      }
    }
  }

  @Test
  void whatIsNoHttpIsRefused() throws Exception {
    try (HostileServer server = HostileServer.saying("SSH-2.0-OpenSSH_9.9\r\n\r\n")) {
      assertThat(reportFailure(server.uri(), OPTIONS).kind())
          .isIn(Kind.MALFORMED, Kind.UNREACHABLE);
    }
  }

  @Test
  void aBodyThatIsCutIsRefused() throws Exception {
    try (HostileServer server = HostileServer.saying(OK + "Content-Length: 500\r\n\r\n{\"mesh\"")) {
      assertThat(reportFailure(server.uri(), OPTIONS).kind()).isEqualTo(Kind.UNREACHABLE);
    }
  }

  @Test
  void aRefusalIsQuotedShortAndWithoutControlCharacters() throws Exception {
    String body = "\u001b[31m" + "x".repeat(5_000);
    try (HostileServer server =
        HostileServer.saying(
            "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length()
                + "\r\n\r\n"
                + body)) {
      ClientException failure = reportFailure(server.uri(), OPTIONS);

      assertThat(failure.status()).isEqualTo(400);
      assertThat(failure.getMessage()).hasSizeLessThan(600).doesNotContain("\u001b");
    }
  }

  @Test
  void whoIsNotThereIsUnreachable() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }

    assertThat(reportFailure(URI.create("http://127.0.0.1:" + port), OPTIONS))
        .hasMessageContaining("connection refused or unreachable")
        .extracting(ClientException::kind)
        .isEqualTo(Kind.UNREACHABLE);
    assertThat(reportFailure(URI.create("http://nowhere.invalid:8080"), OPTIONS))
        .hasMessageContaining("host name does not resolve")
        .extracting(ClientException::kind)
        .isEqualTo(Kind.UNREACHABLE);
  }

  @Test
  void aCursorThatIsNoneIsRefused() throws Exception {
    try (HostileServer server =
            HostileServer.saying(OK + "Llama-Cursor: ../..\r\nContent-Length: 2\r\n\r\n[]");
        WindowsClient client = new WindowsClient(OPTIONS)) {
      assertThat(
              catchThrowableOfType(
                      ClientException.class, () -> client.after(server.uri(), null, 10))
                  .kind())
          .isEqualTo(Kind.MALFORMED);
    }
  }

  @Test
  void anInterruptEndsACall() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(1);
    try (HostileServer server =
            HostileServer.start(out -> {
              asked.countDown();
              never.await();
            });
        ScraperClient client = new ScraperClient(OPTIONS)) {
      Thread caller = Thread.currentThread();
      Thread.ofVirtual()
          .start(() -> {
            try {
              asked.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            caller.interrupt();
          });

      assertThatThrownBy(() -> client.report(server.uri()))
          .isInstanceOf(InterruptedException.class);
    }
  }

  @Test
  void aServerIsAnHttpAddress() {
    try (ScraperClient client = new ScraperClient(OPTIONS)) {
      assertThatThrownBy(() -> client.report(URI.create("file:/etc/passwd")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("must be as http://host:8080");
    }
  }

  private static ClientException reportFailure(URI server, ClientOptions options) {
    try (ScraperClient client = new ScraperClient(options)) {
      return catchThrowableOfType(ClientException.class, () -> client.report(server));
    }
  }
}
