package io.llamamesh.scraper.store;

import io.llamamesh.scraper.store.WriteFailure.WriteFailedException;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Store with InfluxDB's v2 write API: 2.x, 3.x, 1.8 and later, QuestDB, VictoriaMetrics.
 *
 * <p>Thread-safe. Every write is one gzipped request with a timeout.
 */
public final class InfluxV2 implements Store {
  private final StoreHttp http;
  private final String path;
  private final String description;

  /**
   * A store with a fixed token, trusting the JDK's authorities.
   *
   * @param url base address, as {@code http://influxdb:8086}
   * @param org organisation; empty if the store has none
   * @param bucket bucket; empty if the store has none
   * @param token null if the store requires none
   * @param timeout of a whole write
   */
  public InfluxV2(String url, String org, String bucket, @Nullable String token, Duration timeout) {
    this(url, org, bucket, token, timeout, null);
  }

  /**
   * A store with a fixed token.
   *
   * @param tls authorities to trust; null: the JDK's
   */
  public InfluxV2(
      String url,
      String org,
      String bucket,
      @Nullable String token,
      Duration timeout,
      @Nullable Tls tls) {
    this(
        url,
        org,
        bucket,
        token == null ? Credentials.NONE : Credentials.token(() -> token),
        timeout,
        () -> tls);
  }

  /**
   * A store with credentials and authorities that may change.
   *
   * @param org organisation; empty if the store has none
   * @param bucket bucket; empty if the store has none
   * @param tls authorities to trust, evaluated with every write; null: the JDK's
   * @throws IllegalArgumentException if the address is invalid
   */
  public InfluxV2(
      String url,
      String org,
      String bucket,
      Credentials credentials,
      Duration timeout,
      Supplier<@Nullable Tls> tls) {
    this.http = new StoreHttp(url, timeout, credentials, tls);
    this.path = "/api/v2/write?precision=ms&org=" + parameter(org) + "&bucket=" + parameter(bucket);
    this.description = "v2 API at " + http.url() + (bucket.isEmpty() ? "" : ", bucket " + bucket);
  }

  @Override
  public void write(List<String> lines) throws WriteFailedException {
    http.postLines(path, lines).check();
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public void close() {
    http.close();
  }

  /** A parameter's value: InfluxDB requires both, stores without them ignore both. */
  private static String parameter(String text) {
    return text.isEmpty() ? "-" : StoreHttp.encoded(text);
  }
}
