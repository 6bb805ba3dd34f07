package io.llamamesh.agent.main;

import io.llamamesh.agent.points.LossRule;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfigYaml;
import io.llamamesh.config.InvalidConfigException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
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
          + " -llama.dst-port. SIGHUP reads the file again."
    })
final class CollectorCommand implements Callable<Integer> {

  private static final int LLAMA_API_PORT = 5000;

  @Mixin private BindOptions bind = new BindOptions();

  @Option(
      names = {"--config", "-llama.config"},
      paramLabel = "FILE",
      required = true,
      description = "What to probe.")
  private Path config = Path.of("");

  @Option(
      names = {"--dst-port", "-llama.dst-port"},
      paramLabel = "PORT",
      defaultValue = "8100",
      description =
          "The reflectors' port for a config of the legacy form (default ${DEFAULT-VALUE}).")
  private int dstPort;

  @Option(
      names = "--api-port",
      paramLabel = "PORT",
      description = "TCP port of the HTTP API; default: that of api.bind in the config, else 5000.")
  private @Nullable Integer apiPort;

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      description = "Folder for closed windows; default: they are kept in memory only.")
  private @Nullable Path stateDir;

  @Option(
      names = "--auth-dir",
      paramLabel = "DIR",
      description =
          "Folder with keys.json and tokens.json, read again when they change: probes are signed and"
              + " must be, the API asks for a token. Default: no authentication.")
  private @Nullable Path authDir;

  @Option(
      names = "--llama-loss",
      description =
          "Counts refused probes in the field loss, as LLAMA does: alerts on loss hear of a reflector"
              + " that is gone. All other fields stay as they are.")
  private boolean llamaLoss;

  @Override
  public Integer call() throws IOException, InterruptedException {
    bind.port("--dst-port", dstPort);
    List<InetAddress> addresses = bind.addresses(null);
    int port = apiPort == null ? fromConfig() : apiPort;
    bind.port("--api-port", port);
    return AgentRun.run(
        new AgentSettings(
            addresses,
            false,
            null,
            new AgentSettings.CollectorSettings(
                config, null, dstPort, llamaLoss ? LossRule.LLAMA : LossRule.NETWORK),
            port,
            stateDir,
            authDir,
            null));
  }

  private int fromConfig() throws IOException {
    try {
      CollectorConfig.Api api =
          CollectorConfigYaml.read(Files.readString(config), dstPort).config().api();
      String address = api == null || api.bind() == null ? "" : api.bind();
      int colon = address.lastIndexOf(':');
      return colon < 0 ? LLAMA_API_PORT : Integer.parseInt(address.substring(colon + 1));
    } catch (NumberFormatException e) {
      throw bind.wrong("api.bind in " + config + " must be address:port");
    } catch (InvalidConfigException e) {
      throw new IOException("config " + config + ": " + e.getMessage(), e);
    } catch (java.nio.file.NoSuchFileException e) {
      throw new IOException("config " + config + " does not exist", e);
    }
  }
}
