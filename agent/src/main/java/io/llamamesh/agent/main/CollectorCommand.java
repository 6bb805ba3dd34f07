package io.llamamesh.agent.main;

import io.llamamesh.agent.config.FileConfig;
import io.llamamesh.agent.points.LossRule;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfigYaml;
import io.llamamesh.config.InvalidConfigException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A collector alone, driven by a file. */
@Command(
    name = "collector",
    mixinStandardHelpOptions = true,
    description = {
      "Probes reflectors as a config file says and serves the results on LLAMA's HTTP API.",
      "",
      "Takes LLAMA's YAML, ours, and the legacy form ip: {tag: value}; LLAMA's flags -llama.config and"
          + " -llama.dst-port, udprobe's -udprobe.config and -udprobe.dst-port. Without a config it"
          + " does as LLAMA: it probes the reflector on 127.0.0.1 and listens on port 5000. SIGHUP"
          + " reads the file again. With --auth-dir probes are signed to all targets but those that"
          + " the config marks with keyed: false."
    })
final class CollectorCommand implements Callable<Integer> {

  @Mixin private BindOptions bind = new BindOptions();
  @Mixin private AuthOptions readers = new AuthOptions();

  @Option(
      names = {"--config", "-llama.config"},
      paramLabel = "FILE",
      description = "What to probe (default: the reflector on 127.0.0.1, as LLAMA).")
  private @Nullable Path config;

  @Option(
      names = {"--dst-port", "-llama.dst-port"},
      paramLabel = "PORT",
      defaultValue = "8100",
      description =
          "The reflectors' port for a config of the legacy form (default: ${DEFAULT-VALUE}).")
  private int dstPort;

  @Option(
      names = "--api-port",
      paramLabel = "PORT",
      description =
          "TCP port of the HTTP API, on the addresses of --bind or of api.bind in the config (default:"
              + " that of api.bind, else 5000).")
  private @Nullable Integer apiPort;

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      description = "Folder for closed windows (default: they are kept in memory only).")
  private @Nullable Path stateDir;

  @Option(
      names = "--llama-loss",
      description =
          "Counts refused probes in the field loss, as LLAMA does, so that alerts on loss fire for a"
              + " reflector that is gone. All other fields stay as they are.")
  private boolean llamaLoss;

  @Option(
      names = "--legacy-influxdata",
      description =
          "Answers /influxdata without parameters in the shape of LLAMA's Python collector, for its"
              + " scraper, which cannot request it; others read /influxdata?shape=legacy.")
  private boolean legacyInfluxdata;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (dstPort < 1 || dstPort > 65535) {
      throw bind.usageError("--dst-port must be from 1 to 65535, was " + dstPort);
    }
    List<InetAddress> addresses = bind.addresses(null);
    // LLAMA takes an empty name for none.
    Path file = config == null || config.toString().isEmpty() ? null : config;
    ApiBind api = file == null ? ApiBind.parse(null) : fromConfig(file);
    int port = apiPort == null ? api.port() : apiPort;
    bind.checkPort("--api-port", port);
    ProcessName.set("collector");
    return AgentRun.run(
        new AgentSettings(
            addresses,
            false,
            null,
            new AgentSettings.CollectorSettings(
                file,
                null,
                null,
                dstPort,
                llamaLoss ? LossRule.LLAMA : LossRule.NETWORK,
                legacyInfluxdata),
            bind.isGiven() ? List.of() : api.addresses(),
            port,
            stateDir,
            readers.authDir(),
            readers.openTo(bind),
            null,
            null));
  }

  private ApiBind fromConfig(Path file) throws IOException {
    try {
      CollectorConfig.Api api =
          CollectorConfigYaml.read(FileConfig.read(file), dstPort).config().api();
      return ApiBind.parse(api == null ? null : api.bind());
    } catch (IllegalArgumentException e) {
      throw new IOException("config " + file + ": api.bind " + e.getMessage(), e);
    } catch (InvalidConfigException e) {
      throw new IOException("config " + file + ": " + e.getMessage(), e);
    }
  }
}
