package io.llamamesh.local.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llamamesh.scraper.store.QuestDbTables;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The embedded store seen through SQL over HTTP: makes the tables, and counts what they hold. */
public final class SqlStore implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final String url;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final JsonMapper json = JsonMapper.builder().build();

  public SqlStore(String url) {
    this.url = url;
  }

  /**
   * Makes the tables of pairs and of paths, where a point with the same time and tags replaces the
   * former one.
   */
  public void createTables() throws IOException, InterruptedException {
    for (String statement : QuestDbTables.createStatements()) {
      query(statement);
    }
  }

  /** The store's URL. */
  public String url() {
    return url;
  }

  /**
   * Rows per ordered pair since {@code begin} (window ends).
   *
   * @return counts by {@code source>destination}
   */
  public Map<String, Long> rowsByPair(Instant begin) throws IOException, InterruptedException {
    Map<String, Long> rows = new HashMap<>();
    JsonNode answer =
        query(
            "SELECT src_name, dst_name, count() FROM raw_stats WHERE timestamp >= '"
                + begin
                + "' GROUP BY src_name, dst_name");
    for (JsonNode row : answer.path("dataset")) {
      rows.put(row.path(0).asText() + ">" + row.path(1).asText(), row.path(2).asLong());
    }
    return rows;
  }

  /** Every row of {@code raw_stats}: {@code milliseconds source>destination}. */
  public List<String> rows() throws IOException, InterruptedException {
    List<String> rows = new ArrayList<>();
    for (JsonNode row :
        query("SELECT cast(timestamp AS long) / 1000, src_name, dst_name FROM raw_stats")
            .path("dataset")) {
      rows.add(row.path(0).asLong() + " " + row.path(1).asText() + ">" + row.path(2).asText());
    }
    return rows;
  }

  @Override
  public void close() {
    http.shutdownNow();
  }

  private JsonNode query(String sql) throws IOException, InterruptedException {
    URI uri = URI.create(url + "/exec?query=" + URLEncoder.encode(sql, StandardCharsets.UTF_8));
    HttpResponse<byte[]> response =
        http.send(
            HttpRequest.newBuilder(uri).timeout(TIMEOUT).build(),
            HttpResponse.BodyHandlers.ofByteArray());
    JsonNode answer = json.readTree(response.body());
    if (response.statusCode() != 200) {
      throw new IOException("the store refused a query: " + answer.path("error").asText());
    }
    return answer;
  }
}
