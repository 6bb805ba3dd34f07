package io.llamamesh.registry.main;

import io.llamamesh.registry.directory.AddressBlock;
import io.llamamesh.registry.directory.AddressPolicy;
import io.llamamesh.registry.directory.RegistrySettings;
import io.llamamesh.registry.http.AccessTokens;
import io.llamamesh.registry.http.RegistryServer;
import io.llamamesh.registry.http.TrustedProxies;
import io.llamamesh.registry.store.InfluxExport;
import io.llamamesh.tls.ServerCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code registry}: runs until the process gets a signal to end. */
@Command(
    name = "registry",
    description = {
      "Takes registrations of probes and gives each its collector's config: llama-sd's server.",
      "",
      "Every option can be given by a variable, APP_ and its name in capitals (APP_TOKEN_FILE), but for"
          + " LLAMA_INTERVAL and INFLUXDB_*; or as 'name: value' in a config file. The command line"
          + " wins over the environment, and that over the file."
    },
    mixinStandardHelpOptions = true)
final class RegistryCommand implements Callable<Integer> {
  private static final int MAX_PORT = 65_535;

  @Mixin private final ConfigFileOption file = new ConfigFileOption();

  @Option(
      names = {"-g", "--group"},
      paramLabel = "NAME",
      defaultValue = "default",
      description = "Group of registrations that name none (default: ${DEFAULT-VALUE}).")
  private String group = "default";

  @Option(
      names = {"-i", "--host"},
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description = "Address to listen on, 0.0.0.0 for all (default: ${DEFAULT-VALUE}).")
  private String host = "127.0.0.1";

  @Option(
      names = {"-k", "--keepalive"},
      paramLabel = "SECONDS",
      defaultValue = "86400",
      description = "Keepalive of registrations that name none (default: ${DEFAULT-VALUE}).")
  private int keepalive;

  @Option(
      names = {"-p", "--port"},
      paramLabel = "PORT",
      defaultValue = "5000",
      description = "Port to listen on, 0 picks a free one (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--interval",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "Length of a window of all collectors, $$LLAMA_INTERVAL (default: 10).")
  private int interval;

  @Option(
      names = "--influxdb-host",
      paramLabel = "HOST",
      description =
          "Store of the registry's own metrics, InfluxDB's v1 API, $$INFLUXDB_HOST (default: none).")
  private @Nullable String influxHost;

  @Option(
      names = "--influxdb-port",
      paramLabel = "PORT",
      defaultValue = "8086",
      description = "$$INFLUXDB_PORT (default: ${DEFAULT-VALUE}).")
  private int influxPort;

  @Option(
      names = "--influxdb-name",
      paramLabel = "DATABASE",
      defaultValue = "llama",
      description =
          "$$INFLUXDB_NAME, made where it is missing (default: ${DEFAULT-VALUE}); user and password"
              + " by $$INFLUXDB_USERNAME and $$INFLUXDB_PASSWORD.")
  private String influxName = "llama";

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description =
          "Tokens that let in, one a line, read again when it changes; probes show one as bearer"
              + " token, or as the password in the server's URL.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--open",
      arity = "0..1",
      paramLabel = "BOOL",
      fallbackValue = "true",
      description = "Beyond loopback without a token: whoever reaches the port may register.")
  private boolean open;

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description = "Serve HTTPS: certificate chain in PEM, read again when it changes.")
  private @Nullable Path certificate;

  @Option(names = "--tls-key", paramLabel = "FILE", description = "Its key in PEM (PKCS #8).")
  private @Nullable Path key;

  @Option(
      names = "--allowed-networks",
      paramLabel = "BLOCK",
      split = ",",
      defaultValue = AddressPolicy.SELF,
      description =
          "Addresses that may be registered, and 'self': the one that a registration comes from"
              + " (default: ${DEFAULT-VALUE}).")
  private List<String> allowedNetworks = List.of();

  @Option(
      names = "--trusted-proxies",
      paramLabel = "BLOCK",
      split = ",",
      description =
          "Proxies whose X-Forwarded-For is believed (default: none: the peer's address counts).")
  private List<String> trustedProxies = List.of();

  @Option(
      names = "--max-probes",
      paramLabel = "N",
      defaultValue = "2000",
      description = "Registrations over all groups (default: ${DEFAULT-VALUE}).")
  private int maxProbes;

  @Option(
      names = "--max-probes-per-address",
      paramLabel = "N",
      defaultValue = "200",
      description = "Of them from one address (default: ${DEFAULT-VALUE}).")
  private int maxProbesPerAddress;

  @Option(
      names = "--max-groups",
      paramLabel = "N",
      defaultValue = "256",
      description = "Groups (default: ${DEFAULT-VALUE}).")
  private int maxGroups;

  @Option(
      names = "--max-targets",
      paramLabel = "N",
      defaultValue = "64",
      description =
          "Targets of one probe; in larger groups each probes that many others, chosen so that all"
              + " are probed (default: ${DEFAULT-VALUE}).")
  private int maxTargets;

  @Option(
      names = "--max-requests",
      paramLabel = "N",
      defaultValue = "600",
      description =
          "Requests a minute from one address; a probe makes four (default: ${DEFAULT-VALUE}).")
  private int maxRequests;

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      description =
          "Folder in which the directory outlives a restart (default: none; probes come back within"
              + " a minute).")
  private @Nullable Path stateDir;

  @Mixin private final ClusterOptions cluster = new ClusterOptions();

  @Option(
      names = "--loadtest",
      hidden = true,
      arity = "0..1",
      paramLabel = "BOOL",
      fallbackValue = "true",
      description = "Of llama-sd, and not here.")
  private boolean loadtest;

  @Option(
      names = {"-v", "--verbose"},
      arity = "0..1",
      paramLabel = "BOOL",
      fallbackValue = "true",
      description = "Log each registration and config.")
  private boolean verbose;

  private final OptionSources sources;

  RegistryCommand(OptionSources sources) {
    this.sources = sources;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (verbose) {
      RegistryMain.verbose();
    }
    file.check(sources);
    RegistryRun.Options options = options();
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("stop")
                .unstarted(() -> {
                  stop.countDown();
                  try {
                    stopped.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                }));
    try (RegistryRun run = RegistryRun.start(options)) {
      System.out.printf(
          "registry on %s token: %s%n", run.url(), tokenFile == null ? "none" : "required");
      stop.await();
    } finally {
      stopped.countDown();
    }
    return 0;
  }

  private RegistryRun.Options options() throws IOException {
    InetSocketAddress address = new InetSocketAddress(listen(), port("--port", port));
    if (loadtest) {
      throw file.wrong(
          "--loadtest is llama-sd's and not here: it would register probes that are none");
    }
    if (maxRequests < 1) {
      throw file.wrong("--max-requests must be 1 or more, was " + maxRequests);
    }
    return new RegistryRun.Options(
        address,
        tls(),
        settings(),
        new RegistryServer.Access(tokens(address.getAddress()), proxies(), maxRequests),
        stateDir,
        influx(),
        cluster.settings(this::port));
  }

  private InetAddress listen() {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw file.wrong("--host '" + host + "' is no address of this host; 0.0.0.0 listens on all");
    }
  }

  private AccessTokens tokens(InetAddress address) {
    if (tokenFile != null) {
      if (open) {
        throw file.wrong("--open and --token-file contradict each other; leave one out");
      }
      try {
        return AccessTokens.of(tokenFile, System::nanoTime);
      } catch (IOException e) {
        throw file.wrong("--token-file cannot be used: " + words(e));
      }
    }
    if (!address.isLoopbackAddress() && !open) {
      throw file.wrong(
          "--host "
              + host
              + " lets others in: give --token-file FILE (openssl rand -hex 24 > FILE), or --open"
              + " where whoever reaches it may register, as with llama-sd");
    }
    return AccessTokens.open();
  }

  private TrustedProxies proxies() {
    try {
      return new TrustedProxies(
          trustedProxies.stream()
              .map(String::strip)
              .filter(text -> !text.isEmpty())
              .map(AddressBlock::parse)
              .toList());
    } catch (IllegalArgumentException e) {
      throw file.wrong("--trusted-proxies: " + e.getMessage());
    }
  }

  private @Nullable SSLContext tls() {
    Path chain = certificate;
    Path secret = key;
    if (chain == null && secret == null) {
      return null;
    }
    if (chain == null || secret == null) {
      throw file.wrong("--tls-cert and --tls-key belong together; one is missing");
    }
    try {
      return ServerCertificate.context(chain, secret, System::nanoTime);
    } catch (IOException e) {
      throw file.wrong("--tls-cert or --tls-key cannot be used: " + words(e));
    }
  }

  private RegistrySettings settings() {
    AddressPolicy addresses;
    try {
      addresses = AddressPolicy.parse(allowedNetworks.stream().map(String::strip).toList());
    } catch (IllegalArgumentException e) {
      throw file.wrong("--allowed-networks: " + e.getMessage());
    }
    try {
      return new RegistrySettings(
          group,
          keepalive,
          interval,
          maxProbes,
          maxProbesPerAddress,
          maxGroups,
          maxTargets,
          addresses);
    } catch (IllegalArgumentException e) {
      throw file.wrong(String.valueOf(e.getMessage()));
    }
  }

  private InfluxExport.@Nullable Target influx() {
    if (influxHost == null) {
      return null;
    }
    String literal =
        influxHost.indexOf(':') >= 0 && !influxHost.startsWith("[")
            ? "[" + influxHost + "]"
            : influxHost;
    try {
      URI url =
          new URI("http", null, literal, port("--influxdb-port", influxPort), "/", null, null);
      return new InfluxExport.Target(
          url,
          influxName,
          sources.variable("INFLUXDB_USERNAME"),
          sources.variable("INFLUXDB_PASSWORD"));
    } catch (java.net.URISyntaxException e) {
      throw file.wrong(
          "--influxdb-host must be a host name or an address, was '" + influxHost + "'");
    }
  }

  private int port(String option, int value) {
    if (value < 0 || value > MAX_PORT) {
      throw file.wrong(option + " must be 0 to 65535, was " + value);
    }
    return value;
  }

  private static String words(IOException e) {
    return switch (e) {
      case java.nio.file.NoSuchFileException missing -> missing.getMessage() + " does not exist";
      case java.nio.file.AccessDeniedException denied -> denied.getMessage() + " may not be read";
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }
}
