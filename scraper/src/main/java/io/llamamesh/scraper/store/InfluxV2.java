package io.llamamesh.scraper.store;

import io.llamamesh.scraper.store.WriteFailure.WriteFailedException;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A store with InfluxDB's v2 write API: 2.x, 3.x, 1.8 and later, QuestDB, VictoriaMetrics.
 *
 * <p>Thread-safe. Every write is one gzipped request with a timeout.
 */
public final class InfluxV2 implements Store {
  private final StoreHttp http;
  private final String path;
  private final String description;

  /**
   * With a token that stays, trusting the JDK's authorities.
   *
   * @param url base address, as {@code http://influxdb:8086}
   * @param org organisation; empty where the store has none
   * @param bucket bucket; empty where the store has none
   * @param token absent where the store asks for none
   * @param timeout of a whole write
   */
  public InfluxV2(String url, String org, String bucket, @Nullable String token, Duration timeout) {
    this(url, org, bucket, token, timeout, null);
  }

  /**
   * With a say in whom to trust.
   *
   * @param tls null: the JDK's authorities
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
   * With a token and authorities that may change.
   *
   * @param org organisation; empty where the store has none
   * @param bucket bucket; empty where the store has none
   * @param tls whom to trust, asked for with every write; null: the JDK's authorities
   * @throws IllegalArgumentException where the address is none
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

  /** InfluxDB insists on both parameters, stores without them ignore both. */
  private static String parameter(String text) {
    return text.isEmpty() ? "-" : StoreHttp.encoded(text);
  }
}
