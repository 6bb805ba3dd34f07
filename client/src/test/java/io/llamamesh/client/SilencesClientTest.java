package io.llamamesh.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llamamesh.client.ClientException.Kind;
import io.llamamesh.results.SilencedNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class SilencesClientTest {
  private static final Instant NOW = Instant.parse("2026-12-01T00:00:00Z");
  private static final ClientOptions OPTIONS =
      ClientOptions.standard().withTimeout(Duration.ofSeconds(5)).withMaxBytes(1 << 18);

  private static String silence(String node, Instant since, Instant until, String because) {
    return "{\"node\":\"%s\",\"since\":\"%s\",\"until\":\"%s\",\"by\":\"ann\",\"because\":\"%s\"}"
        .formatted(node, since, until, because);
  }

  private static String good(String node) {
    return silence(node, NOW.minusSeconds(60), NOW.plusSeconds(60), "disk swap");
  }

  private static HostileServer answering(String body) throws Exception {
    return HostileServer.saying(
        "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
  }

  private static List<SilencedNode> read(HostileServer agent) throws Exception {
    try (agent;
        SilencesClient client = new SilencesClient(OPTIONS)) {
      return client.silenced(agent.uri());
    }
  }

  @Test
  void silencesAreReadAsTheyWereWritten() throws Exception {
    assertThat(read(answering("{\"silences\":[" + good("node-2") + "]}")))
        .containsExactly(
            new SilencedNode(
                "node-2", NOW.minusSeconds(60), NOW.plusSeconds(60), "ann", "disk swap"));
  }

  @Test
  void anAgentThatKeepsNoSilencesDoesNotSayThatThereAreNone() throws Exception {
    ClientException failure =
        catchThrowableOfType(
            ClientException.class,
            () ->
                read(HostileServer.saying("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")));

    assertThat(failure.kind()).isEqualTo(Kind.STATUS);
    assertThat(failure.status()).isEqualTo(404);
  }

  @Test
  void whatIsOutOfBoundsIsLeftOutAndTheRestIsReadWheneverItIs() throws Exception {
    String body =
        "{\"silences\":["
            + String.join(
                ",",
                silence("over", NOW.minusSeconds(60), NOW, "x"),
                silence("for-ever", NOW, NOW.plus(Duration.ofDays(8)), "x"),
                silence("to-come", NOW.plus(Duration.ofDays(3)), NOW.plus(Duration.ofDays(4)), "x"),
                silence("backwards", NOW.plusSeconds(9), NOW.plusSeconds(1), "x"),
                silence("long", NOW, NOW.plusSeconds(9), "x".repeat(201)),
                silence("", NOW, NOW.plusSeconds(9), "x"),
                "{\"node\":\"bare\"}",
                "null",
                "7",
                "{\"node\":\"node-3\",\"since\":\"soon\",\"until\":1e300,\"by\":\"x\",\"because\":\"y\"}",
                good("node-2"),
                good("node-2"))
            + "]}";

    assertThat(read(answering(body)))
        .extracting(SilencedNode::node)
        .containsExactly("over", "to-come", "node-2");
  }

  @Test
  void noMoreThanAHundredAreTaken() throws Exception {
    String all =
        IntStream.range(0, 500).mapToObj(i -> good("node-" + i)).collect(Collectors.joining(","));

    assertThat(read(answering("{\"silences\":[" + all + "]}"))).hasSize(SilencedNode.MAX_SILENCED);
  }

  @Test
  void escapesOfATerminalAreMadeHarmless() throws Exception {
    String body =
        "{\"silences\":[" + silence("node-2", NOW, NOW.plusSeconds(9), "\\u001b[2Jgone") + "]}";

    assertThat(read(answering(body)))
        .allSatisfy(silence -> assertThat(silence.because()).doesNotContain("\u001b"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "null", "[]", "{}", "{\"silences\":7}", "<html>"})
  void anythingElseIsMalformed(String body) throws Exception {
    try (HostileServer agent = answering(body);
        SilencesClient client = new SilencesClient(OPTIONS)) {
      ClientException failure =
          catchThrowableOfType(ClientException.class, () -> client.silenced(agent.uri()));

      assertThat(failure.kind()).isEqualTo(Kind.MALFORMED);
    }
  }
}
