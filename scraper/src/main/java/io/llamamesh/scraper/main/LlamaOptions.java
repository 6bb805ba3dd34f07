package io.llamamesh.scraper.main;

import io.llamamesh.scraper.cluster.HostPort;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * LLAMA's own flags, in three groups: collectors, store, interval. If one flag of a group is given,
 * the others of that group have the defaults of LLAMA's scraper: collectors on localhost:5000,
 * InfluxDB on 127.0.0.1:5086, every 30 s. If LLAMA's collectors are read, or no option names
 * agents, all three groups apply.
 */
final class LlamaOptions {
  private static final String HOSTS = "localhost";
  private static final int PORT = 5000;
  private static final String INFLUXDB_HOST = "127.0.0.1";
  private static final int INFLUXDB_PORT = 5086;
  private static final int INTERVAL = 30;
  private static final int MAX_PORT = 65_535;

  @Option(
      names = "-llama.collector-hosts",
      paramLabel = "HOST,...",
      description = "As LLAMA's scraper: collectors to read (LLAMA's default: " + HOSTS + ").")
  private @Nullable String hosts;

  @Option(
      names = "-llama.collector-port",
      paramLabel = "PORT",
      description = "As LLAMA's scraper: the collectors' port (LLAMA's default: " + PORT + ").")
  private @Nullable Integer port;

  @Option(
      names = "-llama.interval",
      paramLabel = "SECONDS",
      description =
          "As LLAMA's scraper: --interval in seconds (LLAMA's default: " + INTERVAL + ").")
  private @Nullable Integer interval;

  @Option(
      names = "-llama.influxdb-host",
      paramLabel = "HOST",
      description =
          "As LLAMA's scraper: a v1 store there (LLAMA's default: " + INFLUXDB_HOST + ").")
  private @Nullable String influxdbHost;

  @Option(
      names = "-llama.influxdb-port",
      paramLabel = "PORT",
      description = "As LLAMA's scraper (LLAMA's default: " + INFLUXDB_PORT + ").")
  private @Nullable Integer influxdbPort;

  @Option(
      names = "-llama.influxdb-name",
      paramLabel = "NAME",
      description = "As LLAMA's scraper: the database (LLAMA's default: llama).")
  private @Nullable String influxdbName;

  @Option(
      names = "-llama.influxdb-user",
      paramLabel = "USER",
      description = "As LLAMA's scraper; wins over $$INFLUXDB_USERNAME.")
  private @Nullable String influxdbUser;

  @Option(
      names = "-llama.influxdb-pass",
      paramLabel = "PASSWORD",
      description = "As LLAMA's scraper; better $$INFLUXDB_PASSWORD, which no process list shows.")
  private @Nullable String influxdbPassword;

  /** True if a flag names a store's address or credentials. */
  boolean hasStoreAddress() {
    return influxdbHost != null
        || influxdbPort != null
        || influxdbUser != null
        || influxdbPassword != null;
  }

  /** True if a flag concerns a store. */
  boolean hasStore() {
    return influxdbName != null || hasStoreAddress();
  }

  /** True if the interval's flag is given. */
  boolean hasInterval() {
    return interval != null;
  }

  /** True if a flag names collectors. */
  boolean hasCollectors() {
    return hosts != null || port != null;
  }

  /** The collectors; an empty flag means the collector on this host, as for LLAMA. */
  String hosts() {
    return hosts == null || hosts.isBlank() ? HOSTS : hosts;
  }

  int port() {
    return port == null ? PORT : port;
  }

  /**
   * The interval.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  Duration interval() {
    int seconds = interval == null ? INTERVAL : interval;
    if (seconds < 1) {
      throw new IllegalArgumentException("-llama.interval must be positive, was " + seconds);
    }
    return Duration.ofSeconds(seconds);
  }

  /**
   * The store's URL.
   *
   * @throws IllegalArgumentException if host or port is invalid, naming the flag
   */
  String storeUrl() {
    String host = influxdbHost == null || influxdbHost.isBlank() ? INFLUXDB_HOST : influxdbHost;
    boolean brackets = host.startsWith("[") && host.endsWith("]") && host.indexOf(':') > 0;
    int number = influxdbPort == null ? INFLUXDB_PORT : influxdbPort;
    if (number < 1 || number > MAX_PORT) {
      throw new IllegalArgumentException("-llama.influxdb-port must be 1 to 65535, was " + number);
    }
    try {
      return "http://"
          + new HostPort(brackets ? host.substring(1, host.length() - 1) : host, number);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "-llama.influxdb-host must be a name or an address alone, without scheme, port and"
              + " credentials, was '"
              + host
              + "'; for a URL give --influxdb-url",
          e);
    }
  }

  /**
   * The database; null without the flag.
   *
   * @throws IllegalArgumentException if it is empty
   */
  @Nullable String database() {
    if (influxdbName != null && influxdbName.isBlank()) {
      throw new IllegalArgumentException("-llama.influxdb-name must not be empty");
    }
    return influxdbName;
  }

  /** The user; null if the flag is absent or empty, which means no user to LLAMA. */
  @Nullable String user() {
    return influxdbUser == null || influxdbUser.isEmpty() ? null : influxdbUser;
  }

  @Nullable String password() {
    return influxdbPassword;
  }
}
