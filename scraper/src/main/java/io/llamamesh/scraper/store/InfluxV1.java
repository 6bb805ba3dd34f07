package io.llamamesh.scraper.store;

import io.llamamesh.scraper.store.StoreHttp.RedactedAnswer;
import io.llamamesh.scraper.store.WriteFailure.WriteFailedException;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Store with InfluxDB's v1 write API: InfluxDB 1.0 to 1.8, VictoriaMetrics. A missing database is
 * created if permitted.
 *
 * <p>Thread-safe. Every write is one gzipped request with a timeout.
 */
public final class InfluxV1 implements Store {
  private static final int OK = 200;
  private static final int NOT_FOUND = 404;

  private final StoreHttp http;
  private final String database;
  private final String path;

  /**
   * A store with fixed credentials.
   *
   * @param url base address, as {@code http://influxdb:8086}
   * @param retentionPolicy empty: the database's default
   * @param user null: without credentials
   * @param timeout of a whole write
   * @param tls authorities to trust; null: the JDK's
   * @throws IllegalArgumentException if the address is invalid
   */
  public InfluxV1(
      String url,
      String database,
      String retentionPolicy,
      @Nullable String user,
      @Nullable String password,
      Duration timeout,
      @Nullable Tls tls) {
    this(
        url,
        database,
        retentionPolicy,
        user == null
            ? Credentials.NONE
            : Credentials.basic(() -> user, () -> password == null ? "" : password),
        timeout,
        () -> tls);
  }

  /**
   * A store with credentials and authorities that may change.
   *
   * @param url base address, as {@code http://influxdb:8086}
   * @param retentionPolicy empty: the database's default
   * @param timeout of a whole write
   * @param tls authorities to trust, evaluated with every write; null: the JDK's
   * @throws IllegalArgumentException if the address is invalid
   */
  public InfluxV1(
      String url,
      String database,
      String retentionPolicy,
      Credentials credentials,
      Duration timeout,
      Supplier<@Nullable Tls> tls) {
    this.http = new StoreHttp(url, timeout, credentials, tls);
    this.database = database;
    this.path =
        "/write?precision=ms&db="
            + StoreHttp.encoded(database)
            + (retentionPolicy.isEmpty() ? "" : "&rp=" + StoreHttp.encoded(retentionPolicy));
  }

  @Override
  public void write(List<String> lines) throws WriteFailedException {
    RedactedAnswer answered = http.postLines(path, lines);
    if (answered.answer().status() == NOT_FOUND
        && answered.answer().body().contains("database not found")) {
      create();
      answered = http.postLines(path, lines);
    }
    answered.check();
  }

  @Override
  public String description() {
    return "v1 API at " + http.url() + ", database " + database;
  }

  @Override
  public void close() {
    http.close();
  }

  private void create() throws WriteFailedException {
    String statement = "CREATE DATABASE \"" + database.replace("\"", "\\\"") + "\"";
    RedactedAnswer answered = http.post("/query?q=" + StoreHttp.encoded(statement));
    if (answered.answer().status() != OK) {
      throw new WriteFailedException(
          new WriteFailure.Unavailable(
              "database " + database + " is missing and may not be created: " + answered.text(),
              Duration.ZERO));
    }
  }
}
