package io.llamamesh.agent.main;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Reflector, collector and API in one process. */
@Command(
    name = "agent",
    mixinStandardHelpOptions = true,
    description = {
      "Runs a reflector, a collector and their HTTP API.",
      "",
      "Under Kubernetes (NODE_NAME, POD_NAMESPACE and MESH_NAME are set) it takes its config from the ConfigMap of its node; "
          + "with --config from a file. It binds the addresses in HOST_IPS unless --bind says otherwise."
    })
final class AgentCommand implements Callable<Integer> {

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "8100",
      description = "UDP port of the reflector (default ${DEFAULT-VALUE}); 0 takes a free one.")
  private int port;

  @Option(
      names = "--api-port",
      paramLabel = "PORT",
      defaultValue = "8100",
      description = "TCP port of the HTTP API (default ${DEFAULT-VALUE}); 0 takes a free one.")
  private int apiPort;

  @Option(
      names = "--bind",
      paramLabel = "ADDRESS",
      split = ",",
      description =
          "Local addresses for reflector, probes and API; default: those in HOST_IPS, else all.")
  private List<String> bind = new ArrayList<>();

  @Option(
      names = "--max-pps",
      paramLabel = "N",
      defaultValue = "100000",
      description =
          "Most probes per second that are reflected (default ${DEFAULT-VALUE}); more are dropped and counted.")
  private int maxPps;

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      description =
          "Folder for the copy of the last good config and for closed windows; default: none is kept.")
  private @Nullable Path stateDir;

  @Option(
      names = {"--config"},
      paramLabel = "FILE",
      description = "Config document to use instead of the ConfigMap; read again on SIGHUP.")
  private @Nullable Path config;

  @Override
  public Integer call() throws IOException, InterruptedException {
    check("--port", port, 0);
    check("--api-port", apiPort, 0);
    if (maxPps < 1) {
      throw wrong("--max-pps must be positive, was " + maxPps);
    }
    Map<String, String> env = System.getenv();
    AgentSettings.Kubernetes kubernetes = null;
    if (config == null) {
      kubernetes = kubernetes(env);
    }
    AgentSettings settings =
        new AgentSettings(
            addresses(env),
            port,
            apiPort,
            maxPps,
            stateDir,
            config,
            kubernetes,
            env.get("NODE_NAME"));
    return AgentRun.run(settings);
  }

  private AgentSettings.Kubernetes kubernetes(Map<String, String> env) {
    String node = env.get("NODE_NAME");
    String mesh = env.get("MESH_NAME");
    String namespace = env.get("POD_NAMESPACE");
    if (node == null || mesh == null || namespace == null) {
      throw wrong(
          "no config: give --config FILE, or set NODE_NAME, MESH_NAME and POD_NAMESPACE to use the node's ConfigMap");
    }
    return new AgentSettings.Kubernetes(namespace, mesh, node);
  }

  private List<InetAddress> addresses(Map<String, String> env) {
    List<String> texts = bind;
    String source = "--bind";
    String hostIps = env.get("HOST_IPS");
    if (texts.isEmpty() && hostIps != null && !hostIps.isBlank()) {
      texts = List.of(hostIps.split(",", -1));
      source = "HOST_IPS";
    }
    List<InetAddress> addresses = new ArrayList<>();
    for (String text : texts) {
      try {
        addresses.add(InetAddress.ofLiteral(text.strip()));
      } catch (IllegalArgumentException e) {
        throw wrong(source + " must hold IP addresses, was '" + text + "'");
      }
    }
    return addresses;
  }

  private void check(String option, int value, int min) {
    if (value < min || value > 65535) {
      throw wrong(option + " must be from " + min + " to 65535, was " + value);
    }
  }

  private ParameterException wrong(String message) {
    if (spec == null) {
      throw new IllegalStateException(message);
    }
    return new ParameterException(spec.commandLine(), message);
  }
}
