package io.llamamesh.scraper.main;

import io.llamamesh.scraper.auth.WatchedFile;
import io.llamamesh.scraper.store.Credentials;
import io.llamamesh.scraper.store.InfluxV1;
import io.llamamesh.scraper.store.InfluxV2;
import io.llamamesh.scraper.store.Store;
import io.llamamesh.scraper.store.Tls;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of the store and of its credentials, from flags, files or the environment. */
final class StoreOptions {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final String LLAMA_DATABASE = "llama";
  private static final int MAX_SECRET = 64 << 10;

  @Option(
      names = "--influxdb-url",
      paramLabel = "URL",
      description =
          "URL of a store with InfluxDB's write API (default: in memory only; with a registry"
              + " $$INFLUXDB_HOST's; with LLAMA's defaults 127.0.0.1:5086).")
  private @Nullable String url;

  @Option(
      names = "--influxdb-org",
      defaultValue = "",
      description = "Of the v2 API: organisation, if any.")
  private String org = "";

  @Option(
      names = "--influxdb-bucket",
      defaultValue = "",
      description = "Of the v2 API: bucket, if any.")
  private String bucket = "";

  @Option(
      names = "--influxdb-token-file",
      paramLabel = "FILE",
      description = "Of the v2 API: file with the token (default: $$INFLUXDB_TOKEN, else none).")
  private @Nullable Path tokenFile;

  @Option(
      names = "--influxdb-database",
      paramLabel = "NAME",
      description = "Of the v1 API: database, created if missing; selects the v1 API.")
  private @Nullable String database;

  @Option(
      names = "--influxdb-retention-policy",
      paramLabel = "NAME",
      defaultValue = "",
      description = "Of the v1 API: retention policy (default: the database's).")
  private String retentionPolicy = "";

  @Option(
      names = "--influxdb-username-file",
      paramLabel = "FILE",
      description =
          "Of the v1 API: file with the user's name (default: $$INFLUXDB_USERNAME, else none).")
  private @Nullable Path userFile;

  @Option(
      names = "--influxdb-password-file",
      paramLabel = "FILE",
      description = "Of the v1 API: file with the password (default: $$INFLUXDB_PASSWORD).")
  private @Nullable Path passwordFile;

  @Option(
      names = "--influxdb-ca-file",
      paramLabel = "FILE",
      description = "PEM file with the authorities to trust (default: the JDK's).")
  private @Nullable Path authorities;

  @Option(
      names = "--influxdb-insecure-skip-verify",
      description = "Trust any certificate of the store.")
  private boolean skipVerify;

  /**
   * Opens the configured store; null: none.
   *
   * @param llama LLAMA's flags
   * @param asLlama true to default to LLAMA's store
   * @param ofRegistry true to default to the store of llama-scraper's variables
   * @throws IllegalArgumentException naming the option that is wrong
   */
  @Nullable Store open(
      Environment environment, LlamaOptions llama, boolean asLlama, boolean ofRegistry) {
    if (url != null && llama.hasStoreAddress()) {
      throw new IllegalArgumentException(
          "give either --influxdb-url or -llama.influxdb-host and its like, not both");
    }
    boolean ofLlama = url == null && asLlama;
    String address = ofLlama ? llama.storeUrl() : url;
    if (database != null && llama.database() != null) {
      throw new IllegalArgumentException(
          "give either --influxdb-database or -llama.influxdb-name, not both");
    }
    if (database != null && database.isBlank()) {
      throw new IllegalArgumentException("--influxdb-database must not be empty");
    }
    String name = database == null ? llama.database() : database;
    String host = environment.find("INFLUXDB_HOST");
    if (address == null && ofRegistry && host != null) {
      return ofVariables(host, name, environment, llama);
    }
    if (url == null && (!bucket.isEmpty() || !org.isEmpty() || (database != null && !ofLlama))) {
      throw new IllegalArgumentException(
          "--influxdb-url is missing; without it nothing is written");
    }
    if (address == null) {
      return null;
    }
    if (name != null && !bucket.isEmpty()) {
      throw new IllegalArgumentException(
          "give either --influxdb-database (v1) or --influxdb-bucket (v2), not both");
    }
    if (address.indexOf('@') >= 0) {
      throw new IllegalArgumentException(
          "--influxdb-url must not hold credentials, which process lists show: give"
              + " --influxdb-username-file and --influxdb-password-file");
    }
    if (!address.matches("https?://[^/?#\\s]+.*")) {
      throw new IllegalArgumentException(
          "--influxdb-url must be as http://host:8086, was '" + address + "'");
    }
    Supplier<@Nullable Tls> tls = tls();
    return name != null || ofLlama
        ? v1(address, name == null ? LLAMA_DATABASE : name, environment, llama, tls)
        : v2(address, environment, tls);
  }

  /** The v1 store of llama-scraper's variables, in the named database, if any. */
  private Store ofVariables(
      String host, @Nullable String name, Environment environment, LlamaOptions llama) {
    if (!bucket.isEmpty() || !org.isEmpty() || tokenFile != null) {
      throw new IllegalArgumentException(
          "--influxdb-bucket, --influxdb-org and --influxdb-token-file need --influxdb-url;"
              + " $INFLUXDB_HOST names a store of the v1 API");
    }
    return v1(
        variablesUrl(host.strip(), environment.get("INFLUXDB_PORT", "8086").strip()),
        name == null ? environment.get("INFLUXDB_NAME", LLAMA_DATABASE).strip() : name,
        environment,
        llama,
        tls());
  }

  private static String variablesUrl(String host, String port) {
    boolean bare = host.indexOf(':') >= 0 && !host.startsWith("[");
    String address = "http://" + (bare ? "[" + host + "]" : host) + ":" + port;
    if (!address.matches("http://(\\[[0-9a-fA-F:.]+]|[0-9A-Za-z._-]+):[0-9]{1,5}")) {
      throw new IllegalArgumentException(
          "$INFLUXDB_HOST and $INFLUXDB_PORT must be a host and a port, were '"
              + host
              + "' and '"
              + port
              + "'");
    }
    return address;
  }

  private Store v1(
      String address,
      String name,
      Environment environment,
      LlamaOptions llama,
      Supplier<@Nullable Tls> tls) {
    Supplier<String> user =
        secret(
            "--influxdb-username-file",
            userFile,
            "INFLUXDB_USERNAME",
            environment,
            "-llama.influxdb-user",
            llama.user());
    Supplier<String> password =
        secret(
            "--influxdb-password-file",
            passwordFile,
            "INFLUXDB_PASSWORD",
            environment,
            "-llama.influxdb-pass",
            llama.password());
    return new InfluxV1(
        address,
        name,
        retentionPolicy,
        user == null
            ? Credentials.NONE
            : Credentials.basic(user, password == null ? () -> "" : password),
        TIMEOUT,
        tls);
  }

  private Store v2(String address, Environment environment, Supplier<@Nullable Tls> tls) {
    Supplier<String> token =
        secret("--influxdb-token-file", tokenFile, "INFLUXDB_TOKEN", environment, "", null);
    return new InfluxV2(
        address,
        org,
        bucket,
        token == null ? Credentials.NONE : Credentials.token(token),
        TIMEOUT,
        tls);
  }

  /** TLS settings, read again when the file changes. */
  private Supplier<@Nullable Tls> tls() {
    try {
      Path file = authorities;
      if (skipVerify || file == null) {
        Tls fixed = Tls.of(null, skipVerify);
        return () -> fixed;
      }
      return new WatchedFile<>(file, StoreOptions::trusting, InstantSource.system())::current;
    } catch (IOException e) {
      throw new IllegalArgumentException("--influxdb-ca-file cannot be used: " + e.getMessage(), e);
    }
  }

  private static Tls trusting(Path file) throws IOException {
    return Objects.requireNonNull(Tls.of(file, false), "a file was given");
  }

  /**
   * A secret: a file's one line, read again when it changes; else the flag's value; else the
   * variable's.
   */
  private static @Nullable Supplier<String> secret(
      String option,
      @Nullable Path file,
      String variable,
      Environment environment,
      String flag,
      @Nullable String flagged) {
    if (file != null && flagged != null) {
      throw new IllegalArgumentException("give either " + option + " or " + flag + ", not both");
    }
    if (file == null) {
      String fixed = flagged == null ? environment.find(variable) : flagged;
      return fixed == null ? null : () -> fixed;
    }
    try {
      return new WatchedFile<>(file, StoreOptions::line, InstantSource.system())::current;
    } catch (IOException e) {
      String reason =
          e instanceof NoSuchFileException
              ? "there is no such file"
              : e instanceof AccessDeniedException ? "permission denied" : e.getMessage();
      throw new IllegalArgumentException(option + " " + file + " cannot be read: " + reason, e);
    }
  }

  private static String line(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_SECRET + 1);
    }
    if (bytes.length > MAX_SECRET) {
      throw new IOException(file + " has more than " + MAX_SECRET + " bytes");
    }
    String text = new String(bytes, StandardCharsets.UTF_8).strip();
    if (text.isEmpty()) {
      // Also while it is being rewritten.
      throw new IOException(file + " is empty");
    }
    return text;
  }
}
