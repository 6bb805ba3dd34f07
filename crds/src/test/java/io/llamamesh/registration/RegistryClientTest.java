package io.llamamesh.registration;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A client against a server that says what each test wants, over sockets. */
final class RegistryClientTest {
  private static final ProbeRegistration PROBE =
      new ProbeRegistration(8100, 300, "a b", null, Map.of("version", "1"), "11111111-2222");

  private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
  private ServerSocket server;
  private Thread thread;

  @BeforeEach
  void listen() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
    thread =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              while (!server.isClosed()) {
                try (Socket socket = server.accept()) {
                  requests.add(read(socket));
                  String answer = answers.poll(10, TimeUnit.SECONDS);
                  socket.getOutputStream().write(String.valueOf(answer).getBytes(UTF_8));
                } catch (IOException e) {
                  // the client went away, or the test ended
                } catch (InterruptedException e) {
                  return;
                }
              }
            });
  }

  @AfterEach
  void close() throws Exception {
    server.close();
    thread.interrupt();
    thread.join(5_000);
  }

  private static String read(Socket socket) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        return head.toString();
      }
      head.append((char) next);
    }
    int at = head.indexOf("Content-Length: ");
    int length = at < 0 ? 0 : Integer.parseInt(head.substring(at + 16, head.indexOf("\r\n", at)));
    return head + new String(socket.getInputStream().readNBytes(length), ISO_8859_1);
  }

  private String url() {
    return "http://registry.test:" + server.getLocalPort();
  }

  private RegistryClient client(String url, Path token, String... addresses) {
    return new RegistryClient(
        RegistryClient.url(url),
        token,
        null,
        host -> {
          InetAddress[] all = new InetAddress[addresses.length];
          for (int i = 0; i < all.length; i++) {
            all[i] = InetAddress.ofLiteral(addresses[i]);
          }
          return all;
        },
        System::nanoTime,
        InstantSource.system());
  }

  private static String ok(String headers, String body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n" + headers + "\r\n" + body;
  }

  @Test
  void aRegistrationIsWhatEveryServerTakes() throws Exception {
    answers.add(ok("", "{}\n"));
    assertThat(client(url() + "/base/", null, "127.0.0.1").register(PROBE).notice()).isEmpty();
    assertThat(requests.take())
        .startsWith("POST /base/api/v1/register HTTP/1.1\r\nHost: registry.test:")
        .contains("Content-Type: application/json; charset=utf-8\r\n", "Prefer: return=minimal\r\n")
        .endsWith(
            "\r\n\r\n{\"port\":8100,\"keepalive\":300,\"group\":\"a b\",\"tags\":{\"version\":\"1\"},"
                + "\"instance\":\"11111111-2222\"}");
  }

  @Test
  void aConflictIsTold() throws Exception {
    answers.add(
        ok(
            "Preference-Applied: return=minimal\r\n",
            "{\"entry\":{},\"conflict\":{\"state\":\"source\",\"winner\":\"b\",\"what\":\"it\","
                + "\"remedy\":\"do that\"}}"));
    assertThat(client(url(), null, "127.0.0.1").register(PROBE).notice())
        .isEqualTo("source: b has it; do that");
  }

  @Test
  void aConfigComesWithItsTagAndUnchangedItComesNotAgain() throws Exception {
    RegistryClient client = client(url(), null, "127.0.0.1");
    answers.add(ok("ETag: \"x\"\r\n", "a: 1\n"));
    RegistryClient.Config config = client.config(PROBE, null);
    assertThat(config).isEqualTo(new RegistryClient.Config("a: 1\n", "\"x\""));
    assertThat(requests.take())
        .startsWith("GET /api/v1/config/a%20b?llamaport=8100 HTTP/1.1\r\n")
        .contains("Llama-Instance: 11111111-2222\r\n")
        .doesNotContain("If-None-Match");
    answers.add("HTTP/1.1 304 Not Modified\r\n\r\n");
    assertThat(client.config(PROBE, config)).isNull();
    assertThat(requests.take()).contains("If-None-Match: \"x\"\r\n");
  }

  @Test
  void unchangedIsNoAnswerToWhoHasNothing() {
    answers.add("HTTP/1.1 304 Not Modified\r\n\r\n");
    assertThatThrownBy(() -> client(url(), null, "127.0.0.1").config(PROBE, null))
        .hasMessageContaining("unchanged that was never given");
  }

  @Test
  void theListIsReadWithGroupsAndPortsAndWithoutWhatNamesNoAddress() throws Exception {
    answers.add(
        ok(
            "",
            "{\"a\":{\"192.0.2.1:8100\":{\"ip\":\"192.0.2.1\",\"port\":8100,\"x\":[1]},"
                + "\"x\":{\"ip\":\"a name\",\"port\":8100},\"y\":7,"
                + "\"z\":{\"ip\":\"192.0.2.2\",\"port\":99999}},"
                + "\"b\":{\"i\":{\"ip\":\"10.0.0.1\",\"port\":9100,"
                + "\"seen_ip\":\"198.51.100.1\"}}}\n"));
    assertThat(client(url(), null, "127.0.0.1").list())
        .containsExactly(
            new RegistryClient.ListedProbe("a", "192.0.2.1", 8100, ""),
            new RegistryClient.ListedProbe("b", "10.0.0.1", 9100, "198.51.100.1"));
    answers.add(ok("", "[]"));
    assertThatThrownBy(() -> client(url(), null, "127.0.0.1").list())
        .hasMessageContaining("is no JSON object");
  }

  @Test
  void answersInChunksOrUntilTheEndAreRead() throws Exception {
    RegistryClient client = client(url(), null, "127.0.0.1");
    answers.add(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na: \r\n2;x=y\r\n1\n\r\n0\r\n\r\n");
    assertThat(client.config(PROBE, null).yaml()).isEqualTo("a: 1\n");
    answers.add("HTTP/1.0 200 OK\r\n\r\nb: 2\n");
    assertThat(client.config(PROBE, null).yaml()).isEqualTo("b: 2\n");
    answers.add("HTTP/1.1 100 Continue\r\n\r\n" + ok("", "c: 3\n"));
    assertThat(client.config(PROBE, null).yaml()).isEqualTo("c: 3\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense",
        "SSH-2.0-x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nX: 1",
        ""
      })
  void whatIsNoAnswerIsAFailureWithTheAddress(String answer) {
    answers.add(answer);
    assertThatThrownBy(() -> client(url(), null, "127.0.0.1").config(PROBE, null))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(RegistryAnswerException.class)
        .hasMessageStartingWith("no answer from registry.test: 127.0.0.1: ");
  }

  @Test
  void manyOrLongHeadersAreAFailure() {
    answers.add("HTTP/1.1 200 OK\r\n" + "X: 1\r\n".repeat(100) + "\r\n");
    assertThatThrownBy(() -> client(url(), null, "127.0.0.1").config(PROBE, null))
        .hasMessageContaining("more than 64 headers");
    answers.add("HTTP/1.1 200 OK\r\nX: " + "y".repeat(10_000) + "\r\n\r\n");
    assertThatThrownBy(() -> client(url(), null, "127.0.0.1").config(PROBE, null))
        .hasMessageContaining("a line of more than");
  }

  @Test
  void refusalsCarryTheServersWordsWithoutWhatMovesTheCursor() {
    answers.add("HTTP/1.1 409 Conflict\r\n\r\n{\"error\":\"taken\\n\\u001b[2J by b\"}");
    assertThatThrownBy(() -> client(url(), null, "127.0.0.1").register(PROBE))
        .isInstanceOfSatisfying(
            RegistryAnswerException.class, e -> assertThat(e.status()).isEqualTo(409))
        .hasMessage("HTTP 409: taken [2J by b");
    answers.add("HTTP/1.1 400 BAD REQUEST\r\n\r\n<html><p>None is not of type</p></html>");
    assertThatThrownBy(() -> client(url(), null, "127.0.0.1").register(PROBE))
        .hasMessage("HTTP 400: None is not of type");
    answers.add("HTTP/1.1 301 Moved\r\nLocation: https://there/\r\n\r\n");
    assertThatThrownBy(() -> client(url(), null, "127.0.0.1").register(PROBE))
        .hasMessageContaining("sends on to https://there/; name that one");
  }

  @Test
  void theAddressThatAnswersIsTakenAndRememberedWhicheverItIs() throws Exception {
    // Nobody listens at the first: a closed port refuses at once.
    RegistryClient client = client(url(), null, "127.0.0.2", "::1", "127.0.0.1");
    answers.add(ok("", "{}"));
    client.register(PROBE);
    answers.add(ok("", "{}"));
    client.register(PROBE);
    assertThat(requests).hasSize(2);
  }

  @Test
  void anAddressThatConnectsAndIsSilentIsTriedAfterTheOthersNextTime() throws Exception {
    long[] nanos = {0};
    long[] step = {3_000_000_000L};
    try (ServerSocket silent =
        new ServerSocket(server.getLocalPort(), 50, InetAddress.ofLiteral("127.0.0.2"))) {
      RegistryClient client =
          new RegistryClient(
              URI.create(url()),
              null,
              null,
              host ->
                  new InetAddress[] {
                    InetAddress.ofLiteral("127.0.0.2"), InetAddress.ofLiteral("127.0.0.1")
                  },
              () -> nanos[0] += step[0],
              InstantSource.system());
      // The time is over before the first address answers.
      assertThatThrownBy(() -> client.register(PROBE)).hasMessageContaining("127.0.0.2: ");
      assertThat(requests).isEmpty();
      step[0] = 0;
      answers.add(ok("", "{}"));
      assertThat(client.register(PROBE).notice()).isEmpty();
      assertThat(requests).hasSize(1);
      assertThat(silent.isBound()).isTrue();
    }
  }

  @Test
  void aNameThatMovesIsFollowedThoughTheOldAddressAnswers() throws Exception {
    InetAddress old = InetAddress.ofLiteral("127.0.0.1");
    InetAddress fresh = InetAddress.ofLiteral("127.0.0.2");
    AtomicReference<InetAddress> named = new AtomicReference<>(old);
    try (ServerSocket next = new ServerSocket(server.getLocalPort(), 50, fresh)) {
      RegistryClient client =
          new RegistryClient(
              URI.create(url()),
              null,
              null,
              host -> new InetAddress[] {named.get()},
              System::nanoTime,
              InstantSource.system());
      answers.add(ok("", "{}"));
      client.register(PROBE);
      named.set(fresh);
      Thread answering =
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                try (Socket socket = next.accept()) {
                  read(socket);
                  socket.getOutputStream().write(ok("", "{}").getBytes(UTF_8));
                } catch (IOException e) {
                  // the test ended
                }
              });
      assertThat(client.register(PROBE).notice()).isEmpty();
      answering.join(10_000);
      assertThat(requests).hasSize(1);
    }
  }

  @Test
  void anAddressThatDropsEverythingCostsTwoSecondsAndTheNextAnswers() throws Exception {
    InetAddress dropping = InetAddress.ofLiteral("127.0.0.2");
    List<Socket> waiting = new ArrayList<>();
    try (ServerSocket full = new ServerSocket(server.getLocalPort(), 1, dropping)) {
      // Who connects to a full queue hears nothing.
      for (boolean dropped = false; !dropped; ) {
        Socket socket = new Socket();
        waiting.add(socket);
        try {
          socket.connect(new InetSocketAddress(dropping, full.getLocalPort()), 300);
          assertThat(waiting.size()).isLessThan(64);
        } catch (SocketTimeoutException e) {
          dropped = true;
        }
      }
      answers.add(ok("", "{}"));
      assertTimeoutPreemptively(
          Duration.ofSeconds(10),
          () -> client(url(), null, "127.0.0.2", "127.0.0.1").register(PROBE));
    } finally {
      for (Socket socket : waiting) {
        socket.close();
      }
    }
  }

  @Test
  void whereNoAddressAnswersEachIsTold() {
    assertThatThrownBy(() -> client(url(), null, "127.0.0.2", "127.0.0.3").register(PROBE))
        .hasMessageContaining("127.0.0.2: ")
        .hasMessageContaining("127.0.0.3: ");
  }

  @Test
  void anUnknownNameIsAFailure() {
    RegistryClient client =
        new RegistryClient(
            URI.create(url()),
            null,
            null,
            host -> {
              throw new UnknownHostException(host);
            },
            System::nanoTime,
            InstantSource.system());
    assertThatThrownBy(() -> client.register(PROBE)).isInstanceOf(UnknownHostException.class);
  }

  @Test
  void aServerThatIsSilentIsGivenUpByTheClock() {
    long[] nanos = {0};
    RegistryClient client =
        new RegistryClient(
            URI.create(url()),
            null,
            null,
            host -> new InetAddress[] {InetAddress.ofLiteral("127.0.0.1")},
            // Each look at the clock is three seconds later.
            () -> nanos[0] += 3_000_000_000L,
            InstantSource.system());
    answers.add("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    assertThatThrownBy(() -> client.register(PROBE)).hasMessageContaining("no answer within 10 s");
  }

  @Test
  void theTokenIsShownAndReadEachTime(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("token");
    Files.writeString(file, "first\n");
    RegistryClient client = client(url(), file, "127.0.0.1");
    answers.add(ok("", "{}"));
    client.register(PROBE);
    assertThat(requests.take()).contains("Authorization: Bearer first\r\n");
    Files.writeString(file, "second");
    answers.add(ok("", "{}"));
    client.register(PROBE);
    assertThat(requests.take()).contains("Authorization: Bearer second\r\n");
    Files.writeString(file, "# newest first\r\n\r\nthird\r\nX-Injected: 1\r\n");
    answers.add(ok("", "{}"));
    client.register(PROBE);
    assertThat(requests.take())
        .contains("Authorization: Bearer third\r\n")
        .doesNotContain("X-Injected");
    Files.writeString(file, "two words");
    assertThatThrownBy(() -> client.register(PROBE)).hasMessageContaining("more in a line");
    Files.writeString(file, "# none\n");
    assertThatThrownBy(() -> client.register(PROBE)).hasMessageContaining("holds no token");
  }

  @Test
  void aPasswordInTheUrlIsABasicLogInAndNotShown() throws Exception {
    RegistryClient client = client(url().replace("//", "//probe:secret@"), null, "127.0.0.1");
    answers.add(ok("", "{}"));
    client.register(PROBE);
    assertThat(requests.take())
        .contains("Authorization: Basic cHJvYmU6c2VjcmV0\r\n", "Host: registry.test:")
        .doesNotContain("secret@");
    assertThat(client.server()).doesNotContain("secret");
  }

  @ParameterizedTest
  @CsvSource({
    "registry.example, http://registry.example",
    "registry.example:5000, http://registry.example:5000",
    "https://registry.example/x/, https://registry.example/x"
  })
  void urlsMayBeShort(String given, String shown) {
    assertThat(RegistryClient.of(given, null, null).server()).isEqualTo(shown);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ftp://x", "http://", "http://a b", "http://p:s3cret@", "http://x?y=z"})
  void whatIsNoUrlIsRefusedWithoutItsPassword(String url) {
    assertThatThrownBy(() -> RegistryClient.of(url, null, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no registry's URL")
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("s3cret"));
  }

  @Test
  void aClockBeforeAllTimesIsNamedWhereTlsFailsAndOnlyThere() throws Exception {
    RegistryClient client;
    try (ServerSocket plain = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"))) {
      client =
          new RegistryClient(
              URI.create("https://registry.test:" + plain.getLocalPort()),
              null,
              null,
              host -> new InetAddress[] {InetAddress.ofLiteral("127.0.0.1")},
              System::nanoTime,
              InstantSource.fixed(Instant.EPOCH));
      Thread answering =
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                try (Socket socket = plain.accept()) {
                  socket.getOutputStream().write("no TLS here\r\n".getBytes(UTF_8));
                  socket.getOutputStream().flush();
                  socket.getInputStream().readAllBytes();
                } catch (IOException e) {
                  // the client went away, as it should
                }
              });
      assertThatThrownBy(() -> client.register(PROBE))
          .hasMessageContaining("clock says 1970-01-01T00:00:00Z");
      answering.join(10_000);
    }
    assertThatThrownBy(() -> client.register(PROBE))
        .hasMessageStartingWith("no answer from registry.test: 127.0.0.1: ");
  }

  @Test
  void tagsAreReadAsLlamaSdsClientReadsThem() {
    assertThat(TagList.parse(List.of("[ location: Las Vegas, src_name: Office ]")))
        .isEqualTo(Map.of("location", "Las Vegas", "src_name", "Office"));
    assertThat(TagList.parse(List.of("a: b: c", "d=e=f", "g:h", "")))
        .isEqualTo(Map.of("a", "b: c", "d", "e=f", "g", "h"));
    for (String wrong : List.of("nothing", ": x", "a: ", "=x")) {
      assertThatThrownBy(() -> TagList.parse(List.of(wrong)))
          .hasMessageContaining("'" + wrong.strip() + "' is no tag");
    }
  }

  @Test
  void thoseThatLostTheirRegistryTogetherDoNotComeBackTogether() {
    int[] perSecond = new int[60];
    for (int i = 0; i < 2_000; i++) {
      RegistrationSchedule phase = new RegistrationSchedule(Duration.ofSeconds(60), new Random(i));
      Duration wait = phase.delayAfterFailure();
      assertThat(wait).isBetween(Duration.ofSeconds(15), Duration.ofSeconds(60));
      perSecond[(int) Math.min(59, wait.toSeconds())]++;
      assertThat(phase.delayAfterAnswer())
          .isBetween(Duration.ofSeconds(54), Duration.ofSeconds(66));
    }
    int mean = 2_000 / 45;
    for (int count : perSecond) {
      assertThat(count).isLessThan(3 * mean);
    }
  }

  @Test
  void anHourAfterAnOutageTheyStillDoNotAskTogether() {
    int[] perSecond = new int[60];
    for (int i = 0; i < 2_000; i++) {
      RegistrationSchedule phase = new RegistrationSchedule(Duration.ofSeconds(30), new Random(i));
      double at = phase.delayAfterFailure().toMillis() / 1e3;
      while (at < 3_600) {
        at += phase.delayAfterAnswer().toMillis() / 1e3;
      }
      while (at < 3_660) {
        perSecond[(int) at - 3_600]++;
        at += phase.delayAfterAnswer().toMillis() / 1e3;
      }
    }
    int mean = 2_000 * 2 / 60;
    for (int count : perSecond) {
      assertThat(count).isLessThan(3 * mean);
    }
  }

  @Test
  void theListSaysWhoPushes() throws Exception {
    answers.add(
        ok(
            "",
            "{\"wan\":{\"a\":{\"ip\":\"192.0.2.1\",\"port\":8100,\"push\":true,"
                + "\"seen_ip\":\"198.51.100.1\",\"tags\":{\"probe_name\":\"edge\"}},"
                + "\"b\":{\"ip\":\"192.0.2.2\",\"port\":8100}}}"));

    assertThat(client(url(), null, "127.0.0.1").list())
        .containsExactly(
            new RegistryClient.ListedProbe(
                "wan",
                "192.0.2.1",
                8100,
                "198.51.100.1",
                "edge",
                true,
                Map.of("probe_name", "edge")),
            new RegistryClient.ListedProbe("wan", "192.0.2.2", 8100, ""));
  }

  @Test
  void anAddressThatNobodyElsewhereReachesIsFoundWhereTheRegistrySeesAnother() throws Exception {
    RegistryClient client = client(url(), null, "127.0.0.1");
    answers.add(ok("", "{\"ip\":\"127.0.0.1\"}"));
    assertThat(client.translatedAddress()).isNull();
    // The loopback is no site's own address: nothing is translated there.
    answers.add(ok("", "{\"ip\":\"203.0.113.7\"}"));
    assertThat(client.translatedAddress()).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "10.1.2.3,true",
    "100.64.0.1,true",
    "100.128.0.1,false",
    "172.31.0.1,true",
    "192.168.1.1,true",
    "198.51.100.1,false",
    "fd00::1,true",
    "2001:db8::1,false"
  })
  void sitesHaveTheirOwnAddresses(String address, boolean own) {
    assertThat(RegistryClient.isSiteOwn(InetAddress.ofLiteral(address))).isEqualTo(own);
  }
}
