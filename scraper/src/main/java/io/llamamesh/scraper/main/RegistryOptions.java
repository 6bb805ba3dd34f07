package io.llamamesh.scraper.main;

import io.llamamesh.registration.RegistryClient;
import io.llamamesh.registration.RegistryTrust;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Options of the registry whose probes are read. */
final class RegistryOptions {
  private static final String SERVER = "LLAMA_SERVER";

  @Option(
      names = "--registry",
      paramLabel = "URL",
      description =
          "Read the probes that are registered there, in all groups, instead of discovering pods"
              + " (default: $$LLAMA_SERVER if no option names agents); with either,"
              + " $$INFLUXDB_HOST, $$INFLUXDB_PORT and $$INFLUXDB_NAME name the store where no"
              + " option does.")
  private @Nullable String url;

  @Option(
      names = "--and-registry",
      paramLabel = "URL",
      description =
          "Read the probes that are registered there beside the mesh's pods. They are shown no token"
              + " of the mesh, and may speak for themselves only.")
  private @Nullable String besidePods;

  @Option(
      names = "--registry-token-file",
      paramLabel = "FILE",
      description = "File with the registry's bearer token, read at each request.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--registry-ca-file",
      paramLabel = "FILE",
      description = "PEM file with the authorities to trust for the registry (default: the JDK's).")
  private @Nullable Path authorities;

  /** True if the command line names a registry. */
  boolean isGiven() {
    return url != null;
  }

  /** True if a registry is read beside the mesh's pods. */
  boolean isBesidePods() {
    return besidePods != null;
  }

  /** A given option that requires a registry; null if there is none. */
  @Nullable String dependent() {
    if (tokenFile != null) {
      return "--registry-token-file";
    }
    return authorities == null ? null : "--registry-ca-file";
  }

  /** True if the environment names a registry. */
  static boolean isNamed(Environment environment) {
    return environment.find(SERVER) != null;
  }

  /**
   * The registry's client.
   *
   * @param wrong makes the exception for a message
   */
  RegistryClient client(Environment environment, Function<String, ParameterException> wrong) {
    String given = besidePods == null ? url : besidePods;
    String server = given == null ? environment.get(SERVER, "") : given;
    try {
      return RegistryClient.of(
          server.strip(), tokenFile, authorities == null ? null : RegistryTrust.in(authorities));
    } catch (IllegalArgumentException e) {
      String option =
          besidePods != null ? "--and-registry" : url == null ? "$" + SERVER : "--registry";
      throw wrong.apply(option + ": " + e.getMessage());
    }
  }
}
