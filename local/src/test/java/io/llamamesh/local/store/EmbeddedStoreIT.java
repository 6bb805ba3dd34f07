package io.llamamesh.local.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedStoreIT {
  @Test
  void aPointThatIsWrittenTwiceIsOneRowAndOldRunsAreNotCounted(@TempDir Path folder)
      throws Exception {
    try (EmbeddedStore store = EmbeddedStore.start(folder, 0);
        SqlStore sql = new SqlStore(store.url());
        HttpClient http = HttpClient.newHttpClient()) {
      sql.createTables();
      sql.createTables();
      String line =
          "raw_stats,mesh=m,src_name=a,dst_name=b,src_ip=1,dst_ip=2,group=g,port=p,dscp=0 sent=%s,lost=0.0 %s\n";
      write(
          http, store, line.formatted("3.0", 1_760_000_000) + line.formatted("3.0", 1_760_000_010));
      write(http, store, line.formatted("3.0", 1_760_000_010));
      write(http, store, line.replace("src_name=a", "src_name=c").formatted("3.0", 1_760_000_010));
      write(http, store, line.formatted("3.0", 1_700_000_000));

      Instant begin = Instant.ofEpochSecond(1_759_999_999);
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () -> assertThat(sql.rowsByPair(begin)).isEqualTo(Map.of("a>b", 2L, "c>b", 1L)));
    }
  }

  private static void write(HttpClient http, EmbeddedStore store, String lines) throws Exception {
    HttpResponse<String> response =
        http.send(
            HttpRequest.newBuilder(
                    URI.create(store.url() + "/api/v2/write?org=o&bucket=b&precision=s"))
                .timeout(Duration.ofSeconds(10))
                .POST(HttpRequest.BodyPublishers.ofString(lines))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(204);
  }
}
