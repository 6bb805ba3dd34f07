package io.llamamesh.registry.main;

import java.nio.file.Path;
import java.time.Duration;
import java.util.function.ToIntBiFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of a registry that an operator runs for a cluster. */
final class ClusterOptions {
  @Option(
      names = "--nodes-file",
      paramLabel = "FILE",
      description =
          "JSON document with a cluster's nodes by group, read again when it changes: each probe of"
              + " a group gets them as targets; in other groups nobody may register, nor under a"
              + " node's name (default: none).")
  private @Nullable Path nodesFile;

  @Option(
      names = "--inside-port",
      paramLabel = "PORT",
      description =
          "One more port for the cluster's own, without TLS; a token is required there too (default:"
              + " none).")
  private @Nullable Integer insidePort;

  @Option(
      names = "--settle",
      paramLabel = "SECONDS",
      defaultValue = "0",
      description =
          "For so long after a start without a saved directory, lists and our agents' configs are"
              + " answered by 503, so that nobody takes a directory that fills again for the whole"
              + " (default: ${DEFAULT-VALUE}).")
  private int settle;

  /**
   * The settings.
   *
   * @param port checks a port of an option
   */
  RegistryRun.Cluster settings(ToIntBiFunction<String, Integer> port) {
    return new RegistryRun.Cluster(
        nodesFile,
        insidePort == null ? -1 : port.applyAsInt("--inside-port", insidePort),
        Duration.ofSeconds(Math.clamp(settle, 0, 3_600)));
  }
}
