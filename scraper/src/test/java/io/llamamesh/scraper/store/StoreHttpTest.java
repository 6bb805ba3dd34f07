package io.llamamesh.scraper.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.scraper.store.WriteFailure.WriteFailedException;
import io.llamamesh.testkit.store.FakeStoreServer;
import io.llamamesh.testkit.store.FakeStoreServer.Reply;
import io.llamamesh.testkit.store.FakeStoreServer.Reply.Ending;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Answers that would fill the heap are read up to a bound. */
final class StoreHttpTest {
  private static final int MIB = 1 << 20;

  private final FakeStoreServer server;

  StoreHttpTest() throws IOException {
    server = new FakeStoreServer();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void anAnswerWithoutAnEndIsCut() throws Exception {
    server.script(request -> Reply.begun("HTTP/1.1 500 No\r\n\r\n", Ending.ENDLESS));

    StoreAnswer answer = answer();

    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.body()).hasSize(StoreHttp.MAX_ANSWER);
    assertThat(answer.complete()).isFalse();
  }

  @Test
  void anAnswerThatUnpacksToAThousandTimesItsSizeIsCut() throws Exception {
    byte[] zipped = zipped(64);
    assertThat(zipped).hasSizeLessThan(StoreHttp.MAX_ANSWER);
    server.script(request -> Reply.of(500, zipped, "Content-Encoding: gzip"));

    StoreAnswer answer = answer();

    assertThat(answer.body()).hasSizeBetween(StoreHttp.MAX_ANSWER, MIB);
    assertThat(answer.complete()).isFalse();
  }

  private StoreAnswer answer() throws WriteFailedException {
    try (StoreHttp http =
        new StoreHttp(server.url(), Duration.ofSeconds(20), Credentials.NONE, () -> null)) {
      return http.post("/query").answer();
    }
  }

  private static byte[] zipped(int mebibytes) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
      for (int i = 0; i < mebibytes; i++) {
        zip.write(new byte[MIB]);
      }
    }
    return bytes.toByteArray();
  }
}
