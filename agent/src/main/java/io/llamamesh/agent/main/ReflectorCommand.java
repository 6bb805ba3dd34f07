package io.llamamesh.agent.main;

import java.io.IOException;
import java.util.List;
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
      "Reflects probes: ours, those of Go LLAMA, and with --legacy those of the Python LLAMA.",
      "",
      "Takes LLAMA's flags -port and -max-pps, and udprobe's -api-bind and -no-api. SIGTERM drains"
          + " first; a second one ends at once."
    })
final class ReflectorCommand implements Callable<Integer> {

  @Mixin private BindOptions bind = new BindOptions();
  @Mixin private ReflectorFlags reflector = new ReflectorFlags();
  @Mixin private AuthOptions readers = new AuthOptions();

  @Option(
      names = "--api-port",
      paramLabel = "PORT",
      defaultValue = "-1",
      description = "TCP port for /status, /metrics and the like (default: none).")
  private int apiPort;

  @Option(
      names = {"--api-bind", "-api-bind"},
      paramLabel = "ADDRESS:PORT",
      description =
          "As udprobe's reflector: address of the API, such as :8200; overrides --api-port.")
  private @Nullable String apiBind;

  @Option(
      names = {"--no-api", "-no-api"},
      description = "As udprobe's reflector: no API, which is the default here.")
  private boolean noApi;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (apiPort != -1) {
      bind.checkPort("--api-port", apiPort);
    }
    ProcessName.set("reflector");
    ApiBind api = apiBind();
    return AgentRun.run(
        new AgentSettings(
            bind.addresses(null),
            false,
            reflector.settings(bind),
            null,
            api == null ? List.of() : api.addresses(),
            noApi ? -1 : api == null ? apiPort : api.port(),
            null,
            readers.authDir(),
            readers.openTo(bind),
            null,
            null));
  }

  private @Nullable ApiBind apiBind() {
    try {
      return apiBind == null || noApi ? null : ApiBind.parse(apiBind);
    } catch (IllegalArgumentException e) {
      throw bind.usageError("--api-bind " + e.getMessage());
    }
  }
}
