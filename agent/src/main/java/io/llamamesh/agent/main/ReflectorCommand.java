package io.llamamesh.agent.main;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A reflector alone, for machines outside a cluster. */
@Command(
    name = "reflector",
    mixinStandardHelpOptions = true,
    description = {
      "Sends probes back: ours, those of Go LLAMA, and with --legacy those of the Python LLAMA.",
      "",
      "Takes LLAMA's flags -port and -max-pps. SIGTERM says goodbye to the senders first; a second"
          + " one ends at once."
    })
final class ReflectorCommand implements Callable<Integer> {

  @Mixin private BindOptions bind = new BindOptions();
  @Mixin private ReflectorFlags reflector = new ReflectorFlags();

  @Option(
      names = "--api-port",
      paramLabel = "PORT",
      defaultValue = "-1",
      description = "TCP port for /status, /metrics and the like; default: none.")
  private int apiPort;

  @Option(
      names = "--auth-dir",
      paramLabel = "DIR",
      description =
          "Folder with keys.json and tokens.json, read again when they change: probes are signed and"
              + " must be, the API asks for a token. Default: no authentication.")
  private @Nullable Path authDir;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (apiPort != -1) {
      bind.port("--api-port", apiPort);
    }
    return AgentRun.run(
        new AgentSettings(
            bind.addresses(null),
            false,
            reflector.settings(bind),
            null,
            apiPort,
            null,
            authDir,
            null));
  }
}
