package io.llamamesh.bench.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The store that keeps account of windows. */
class AttackLedgerTest {

  private static final String TAGS = "raw_stats,dst_name=b,port=default,src_name=a ";

  private AttackLedger ledger;

  @BeforeEach
  void open() throws IOException {
    ledger = new AttackLedger();
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  private int write(String lines) throws Exception {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(zipped)) {
      zip.write(lines.getBytes(StandardCharsets.UTF_8));
    }
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(ledger.url() + "/api/v2/write?precision=ms"))
            .header("Content-Encoding", "gzip")
            .POST(BodyPublishers.ofByteArray(zipped.toByteArray()))
            .build();
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(request, BodyHandlers.discarding()).statusCode();
    }
  }

  @Test
  void windowsAreCountedOnceHoweverOftenTheyCome() throws Exception {
    String window = TAGS + "sent=10,lost=3 1700000002000\n";
    assertThat(write(window + TAGS + "sent=10i,lost=1i 1700000004000\n" + window)).isEqualTo(204);

    assertThat(ledger.windows("a>b", 1_700_000_000, 1_700_000_004)).isEqualTo(2);
    assertThat(ledger.windows("a>b", 1_700_000_002, 1_700_000_004)).isEqualTo(1);
    assertThat(ledger.windows("b>a", 0, Long.MAX_VALUE)).isZero();
    assertThat(ledger.total("a>b", "lost")).isEqualTo(4);
    assertThat(ledger.contradictions()).isZero();
    assertThat(ledger.sources()).containsExactly("a");
  }

  @Test
  void aWindowThatComesAgainWithOtherNumbersIsSeen() throws Exception {
    write(TAGS + "sent=10,lost=3 1700000002000");
    write(TAGS + "sent=10,lost=0 1700000002000");

    assertThat(ledger.contradictions()).isEqualTo(1);
  }
}
