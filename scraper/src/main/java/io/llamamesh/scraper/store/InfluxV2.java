package io.llamamesh.scraper.store;

import com.influxdb.client.InfluxDBClient;
import com.influxdb.client.InfluxDBClientFactory;
import com.influxdb.client.InfluxDBClientOptions;
import com.influxdb.client.WriteApiBlocking;
import com.influxdb.client.domain.WritePrecision;
import com.influxdb.exceptions.InfluxException;
import io.llamamesh.scraper.store.WriteFailure.WriteFailedException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;
import okio.Okio;
import org.jspecify.annotations.Nullable;

/**
 * A store with InfluxDB's v2 write API: 2.x, 3.x, 1.8 and later, QuestDB, VictoriaMetrics.
 *
 * <p>Thread-safe. Every write is one gzipped request with a timeout.
 */
public final class InfluxV2 implements Store {
  private static final int TOO_LARGE = 413;
  private static final int UNPROCESSABLE = 422;
  private static final int BAD_REQUEST = 400;

  private final InfluxDBClient client;
  private final WriteApiBlocking writes;
  private final String description;
  private final Words words;

  /**
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
    OkHttpClient.Builder http =
        new OkHttpClient.Builder()
            .connectTimeout(timeout)
            .readTimeout(timeout)
            .writeTimeout(timeout)
            .callTimeout(timeout)
            .retryOnConnectionFailure(false)
            .addInterceptor(InfluxV2::zipped);
    if (tls != null) {
      http.sslSocketFactory(tls.context().getSocketFactory(), tls.trust());
      if (tls.anyName()) {
        http.hostnameVerifier((host, session) -> true);
      }
    }
    InfluxDBClientOptions.Builder options =
        InfluxDBClientOptions.builder()
            .url(url)
            .okHttpClient(http)
            .precision(WritePrecision.MS)
            // The client insists on both, stores without them ignore both.
            .org(org.isEmpty() ? "-" : org)
            .bucket(bucket.isEmpty() ? "-" : bucket);
    if (token != null) {
      options.authenticateToken(token.toCharArray());
    }
    this.client = InfluxDBClientFactory.create(options.build());
    this.words = new Words(token);
    this.writes = client.getWriteApiBlocking();
    this.description = "v2 API at " + url + (bucket.isEmpty() ? "" : ", bucket " + bucket);
  }

  @Override
  public void write(List<String> lines) throws WriteFailedException {
    try {
      writes.writeRecords(WritePrecision.MS, lines);
    } catch (InfluxException e) {
      throw new WriteFailedException(failure(e));
    }
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public void close() {
    client.close();
  }

  /** Instead of the client's own compression, which takes three times as long. */
  private static Response zipped(Interceptor.Chain chain) throws IOException {
    Request request = chain.request();
    RequestBody body = request.body();
    if (body == null || body.contentLength() == 0) {
      return chain.proceed(request);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(64 << 10);
    try (BufferedSink sink = Okio.buffer(Okio.sink(Gzip.fast(bytes)))) {
      body.writeTo(sink);
    }
    return chain.proceed(
        request
            .newBuilder()
            .header("Content-Encoding", "gzip")
            .method(request.method(), RequestBody.create(bytes.toByteArray(), body.contentType()))
            .build());
  }

  private WriteFailure failure(InfluxException e) {
    String words = words(e);
    return switch (e.status()) {
      case BAD_REQUEST, UNPROCESSABLE -> new WriteFailure.Rejected(words);
      case TOO_LARGE -> new WriteFailure.TooLarge(words);
      // Everything else may be mended at the store's side: a missing bucket, a refused token.
      default -> new WriteFailure.Unavailable(words, retryAfter(e));
    };
  }

  private String words(InfluxException e) {
    String message = e.getMessage();
    Throwable cause = e.getCause();
    if (e.status() == 0 && cause != null) {
      message = cause.getClass().getSimpleName() + ": " + cause.getMessage();
    }
    String text = message == null ? e.toString() : message;
    text = words.of(text);
    return e.status() == 0 ? text : "HTTP " + e.status() + ": " + text;
  }

  private static Duration retryAfter(InfluxException e) {
    for (var header : e.headers().entrySet()) {
      if (header.getKey().toLowerCase(Locale.ROOT).equals("retry-after")
          && header.getValue().matches("[0-9]{1,4}")) {
        return Duration.ofSeconds(Long.parseLong(header.getValue()));
      }
    }
    return Duration.ZERO;
  }
}
