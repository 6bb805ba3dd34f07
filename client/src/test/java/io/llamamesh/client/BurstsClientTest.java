package io.llamamesh.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llamamesh.client.ClientException.Kind;
import io.llamamesh.results.BurstReport;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class BurstsClientTest {
  private static final String BURST =
      """
      {"id":"b1","target":"node-3","pps":200,"seconds":10.0,"by":"a\\u0007nn",
       "startedAt":"2026-12-01T04:00:00Z","state":"done","rows":[{"source":"node-1",
       "state":"done","sent":2000,"received":1597,"late":0,"lost":403,"lossPercent":20.15,
       "lossLow":18.45,"lossHigh":21.96,"rttP50":0.4,"rttP99":1.0,"rttMax":1.9,
       "series":[{"address":"192.0.2.13:8100"}]}],"missing":["node-4"]}\
      """;

  private static HostileServer answering(String status, String body) throws Exception {
    return HostileServer.saying(
        "HTTP/1.1 "
            + status
            + "\r\nContent-Type: application/json\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body);
  }

  private static BurstReport start(HostileServer agent) throws Exception {
    try (agent;
        BurstsClient client =
            new BurstsClient(ClientOptions.standard().withTimeout(Duration.ofSeconds(5)))) {
      return client.start(agent.uri(), "node-3", 200, Duration.ofSeconds(10), "ann");
    }
  }

  @Test
  void answersAreReadAsTheyWereCountedAndTextsWithoutControlCharacters() throws Exception {
    BurstReport burst = start(answering("200 OK", BURST));

    assertThat(burst.isDone()).isTrue();
    assertThat(burst.by()).isEqualTo("a\uFFFDnn");
    assertThat(burst.missing()).containsExactly("node-4");
    assertThat(burst.rows())
        .containsExactly(
            new BurstReport.Row(
                "node-1", "done", null, 2000, 1597, 0, 403, 20.15, 18.45, 21.96, 0.4, 1.0, 1.9));
  }

  @Test
  void aRefusalHasItsStatusAndTheAgentsOwnWords() {
    ClientException refusal =
        catchThrowableOfType(
            ClientException.class,
            () -> start(answering("409 Conflict", "{\"error\":\"node-3 rests\"}")));

    assertThat(refusal.kind()).isEqualTo(Kind.STATUS);
    assertThat(refusal.status()).isEqualTo(409);
    assertThat(refusal.reason()).isEqualTo("node-3 rests");
  }

  @Test
  void aRefusalWithoutWordsHasNone() {
    ClientException refusal =
        catchThrowableOfType(
            ClientException.class, () -> start(answering("502 Bad Gateway", "<html>")));

    assertThat(refusal.reason()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"lossHigh\":21.96|\"lossHigh\":221",
        "\"lost\":403|\"lost\":-1",
        "\"rttMax\":1.9|\"rttMax\":-1",
        "\"state\":\"done\",\"rows\"|\"state\":\"odd\",\"rows\"",
        "\"seconds\":10.0|\"seconds\":1e9",
        "\"id\":\"b1\"|\"id\":null",
        "[\"node-4\"]|[null]",
        "[\"node-4\"]|7"
      })
  void whatCannotBeIsNoAnswer(String change) {
    int bar = change.indexOf('|');
    String right = change.substring(0, bar);
    assertThat(BURST).contains(right);

    ClientException failure =
        catchThrowableOfType(
            ClientException.class,
            () -> start(answering("200 OK", BURST.replace(right, change.substring(bar + 1)))));

    assertThat(failure.kind()).isEqualTo(Kind.MALFORMED);
  }
}
