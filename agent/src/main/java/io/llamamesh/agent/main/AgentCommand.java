package io.llamamesh.agent.main;

import io.llamamesh.agent.points.LossRule;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Reflector, collector and API in one process. */
@Command(
    name = "agent",
    mixinStandardHelpOptions = true,
    description = {
      "Runs a reflector, a collector and their HTTP API.",
      "",
      "Under Kubernetes (NODE_NAME, POD_NAMESPACE and MESH_NAME are set) it takes its config from the"
          + " ConfigMap of its node; with --config from a file, which SIGHUP reads again; with"
          + " --register (or LLAMA_SERVER) from a registry, where it registers itself. It binds the"
          + " addresses in HOST_IPS unless --bind says otherwise; one of them that is not on this"
          + " host is waited for and makes /readyz fail. SIGTERM drains first; a second one ends at"
          + " once."
    })
final class AgentCommand implements Callable<Integer> {

  @Mixin private BindOptions bind = new BindOptions();
  @Mixin private ReflectorFlags reflector = new ReflectorFlags();
  @Mixin private AuthOptions readers = new AuthOptions();
  @Mixin private RegisterOptions register = new RegisterOptions();
  @Mixin private FabricFlagOptions fabric = new FabricFlagOptions();

  @Option(
      names = "--api-port",
      paramLabel = "PORT",
      defaultValue = "8100",
      description = "TCP port of the HTTP API (default: ${DEFAULT-VALUE}); 0 takes a free one.")
  private int apiPort;

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      description =
          "Folder for the copy of the last good config and for closed windows (default: none is"
              + " kept).")
  private @Nullable Path stateDir;

  @Option(
      names = {"--config", "-llama.config"},
      paramLabel = "FILE",
      description = "Config document to use instead of the ConfigMap.")
  private @Nullable Path config;

  @Override
  public Integer call() throws IOException, InterruptedException {
    bind.checkPort("--api-port", apiPort);
    ProcessName.set("agent");
    Map<String, String> env = System.getenv();
    List<InetAddress> addresses = bind.addresses(env.get("HOST_IPS"));
    AgentSettings.ReflectorSettings reflecting = reflector.settings(bind);
    AgentSettings.Registry registry = registry(env, reflecting.port());
    AgentSettings.CollectorSettings collecting =
        new AgentSettings.CollectorSettings(
            config,
            config == null && registry == null ? kubernetes(env) : null,
            registry,
            reflecting.port(),
            LossRule.NETWORK,
            false);
    return AgentRun.run(
        new AgentSettings(
            addresses,
            !bind.isGiven(),
            reflecting,
            collecting,
            List.of(),
            apiPort,
            stateDir,
            readers.authDir(),
            readers.openTo(bind),
            fabric.flags(bind),
            registry == null
                ? env.get("NODE_NAME")
                : registry.registration().tags().get("probe_name")));
  }

  /**
   * Registry of the command line, or of a variable where there is no other source; null for none.
   */
  private AgentSettings.@Nullable Registry registry(Map<String, String> env, int port)
      throws IOException {
    if (register.isGiven() && config != null) {
      throw bind.usageError("--register and --config contradict each other; leave one out");
    }
    boolean wanted =
        register.isGiven()
            || (config == null && env.get("NODE_NAME") == null && RegisterOptions.isNamed(env));
    if (!wanted && register.pushOption() != null) {
      throw bind.usageError(
          register.pushOption() + " is that of agents of a registry: give --register URL");
    }
    return wanted ? register.registry(env, port, stateDir, bind) : null;
  }

  private AgentSettings.Kubernetes kubernetes(Map<String, String> env) {
    String node = env.get("NODE_NAME");
    String mesh = env.get("MESH_NAME");
    String namespace = env.get("POD_NAMESPACE");
    if (node == null || mesh == null || namespace == null) {
      throw bind.usageError(
          "no config: give --config FILE, or --register URL, or set NODE_NAME, MESH_NAME and"
              + " POD_NAMESPACE to use the node's ConfigMap");
    }
    return new AgentSettings.Kubernetes(namespace, mesh, node);
  }
}
