package io.llamamesh.scraper.main;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * LLAMA's own flags. Where one is given, or nothing else says whom to read, those that are not
 * given mean what LLAMA's scraper takes them for: collectors on localhost:5000, InfluxDB on
 * 127.0.0.1:5086, every 30 s.
 */
final class LlamaOptions {
  private static final String HOSTS = "localhost";
  private static final int PORT = 5000;
  private static final String INFLUXDB_HOST = "127.0.0.1";
  private static final int INFLUXDB_PORT = 5086;
  private static final int INTERVAL = 30;

  @Option(
      names = "-llama.collector-hosts",
      paramLabel = "HOST,...",
      description = "as LLAMA's scraper: collectors to read (LLAMA's default: " + HOSTS + ")")
  private @Nullable String hosts;

  @Option(
      names = "-llama.collector-port",
      paramLabel = "PORT",
      description = "as LLAMA's scraper: their port (LLAMA's default: " + PORT + ")")
  private @Nullable Integer port;

  @Option(
      names = "-llama.interval",
      paramLabel = "SECONDS",
      description = "as LLAMA's scraper: --interval in seconds (LLAMA's default: " + INTERVAL + ")")
  private @Nullable Integer interval;

  @Option(
      names = "-llama.influxdb-host",
      paramLabel = "HOST",
      description = "as LLAMA's scraper: a v1 store there (LLAMA's default: " + INFLUXDB_HOST + ")")
  private @Nullable String influxdbHost;

  @Option(
      names = "-llama.influxdb-port",
      paramLabel = "PORT",
      description = "as LLAMA's scraper (LLAMA's default: " + INFLUXDB_PORT + ")")
  private @Nullable Integer influxdbPort;

  @Option(
      names = "-llama.influxdb-name",
      paramLabel = "NAME",
      description = "as LLAMA's scraper: the database (LLAMA's default: llama)")
  private @Nullable String influxdbName;

  @Option(
      names = "-llama.influxdb-user",
      paramLabel = "USER",
      description = "as LLAMA's scraper; better $$INFLUXDB_USERNAME")
  private @Nullable String influxdbUser;

  @Option(
      names = "-llama.influxdb-pass",
      paramLabel = "PASSWORD",
      description = "as LLAMA's scraper; better $$INFLUXDB_PASSWORD, which no process list shows")
  private @Nullable String influxdbPassword;

  /** Whether one of them is given. */
  boolean given() {
    return hosts != null
        || port != null
        || interval != null
        || influxdbName != null
        || storeAddressGiven();
  }

  /** Whether one of them says where a store is, or how to get in. */
  boolean storeAddressGiven() {
    return influxdbHost != null
        || influxdbPort != null
        || influxdbUser != null
        || influxdbPassword != null;
  }

  /** Whether they say whom to read. */
  boolean collectorsGiven() {
    return hosts != null || port != null;
  }

  /** The collectors; an empty list is what LLAMA makes of none, the collector beside it. */
  String hosts() {
    return hosts == null || hosts.isBlank() ? HOSTS : hosts;
  }

  int port() {
    return port == null ? PORT : port;
  }

  /**
   * The interval.
   *
   * @throws IllegalArgumentException when it is not positive
   */
  Duration interval() {
    int seconds = interval == null ? INTERVAL : interval;
    if (seconds < 1) {
      throw new IllegalArgumentException("-llama.interval must be positive, was " + seconds);
    }
    return Duration.ofSeconds(seconds);
  }

  /** The store's URL. */
  String storeUrl() {
    String host = influxdbHost == null || influxdbHost.isBlank() ? INFLUXDB_HOST : influxdbHost;
    boolean bare = host.indexOf(':') >= 0 && !host.startsWith("[");
    int number = influxdbPort == null ? INFLUXDB_PORT : influxdbPort;
    return "http://" + (bare ? "[" + host + "]" : host) + ":" + number;
  }

  @Nullable String database() {
    return influxdbName;
  }

  @Nullable String user() {
    return influxdbUser;
  }

  @Nullable String password() {
    return influxdbPassword;
  }
}
