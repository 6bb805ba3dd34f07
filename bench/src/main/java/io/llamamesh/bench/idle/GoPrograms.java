package io.llamamesh.bench.idle;

import io.llamamesh.bench.process.BenchFolder;
import io.llamamesh.bench.process.Child;
import io.llamamesh.bench.subject.Targets;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Go LLAMA's collector and reflector.
 *
 * @param folder holds both
 */
record GoPrograms(Path folder) {

  private static final long READY_SECONDS = 20;
  private static final String SOURCE = "  - \\{name: (\\S+), ip: (\\S+), port: (\\d+)\\}";

  /**
   * Its reflector.
   *
   * @param port on all addresses, as it always listens
   */
  record GoReflector(Child child, int port) {}

  /**
   * The programs in a folder; empty where none is named.
   *
   * @throws IOException when it has not both
   */
  static Optional<GoPrograms> in(String folder) throws IOException {
    if (folder.isBlank()) {
      return Optional.empty();
    }
    Path path = Path.of(folder);
    for (String program : List.of("collector", "reflector")) {
      if (!Files.isExecutable(path.resolve(program))) {
        throw new IOException(path.resolve(program) + " is no program: build Go LLAMA's there");
      }
    }
    return Optional.of(new GoPrograms(path));
  }

  GoReflector reflector(BenchFolder workspace) throws IOException, InterruptedException {
    int port;
    try (DatagramSocket free = new DatagramSocket()) {
      port = free.getLocalPort();
    }
    Child child =
        start(workspace, "reflector", "-port", Integer.toString(port), "-max-pps", "1000000");
    return new GoReflector(ready(child, "Beginning reflection"), port);
  }

  Child collector(BenchFolder workspace, Targets targets) throws IOException, InterruptedException {
    int api;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      api = free.getLocalPort();
    }
    Path config = Files.createTempFile(workspace.folder(), "go-collector-", ".yaml");
    Files.writeString(config, document(targets, api));
    Child child = start(workspace, "collector", "-llama.config", config.toString());
    return ready(child, "All Collector components running");
  }

  private Child start(BenchFolder workspace, String program, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(folder.resolve(program).toString());
    command.addAll(List.of(arguments));
    return Child.start("go-" + program, command, Map.of(), workspace.folder());
  }

  private static Child ready(Child child, String line) throws IOException, InterruptedException {
    try {
      var _ = child.await(line, READY_SECONDS);
      return child;
    } catch (IOException | InterruptedException e) {
      child.close();
      throw e;
    }
  }

  /** The same targets, ports and rate in Go LLAMA's form. */
  static String document(Targets targets, int api) {
    StringBuilder yaml =
        new StringBuilder(
            """
            summarization: {interval: %d, handlers: 2}
            api: {bind: "127.0.0.1:%d"}
            ports: {default: {ip: 0.0.0.0, port: 0, tos: 0, timeout: 1000}}
            port_groups: {default: [{port: default, count: %d}]}
            rate_limits: {default: {cps: %s}}
            tests: [{targets: default, port_group: default, rate_limit: default}]
            targets:
              default:
            """
                .formatted(
                    Targets.INTERVAL_SECONDS,
                    api,
                    targets.sourcePorts(),
                    targets.rate() / targets.count() / targets.sourcePorts()));
    Matcher target = Pattern.compile(SOURCE).matcher(targets.document());
    while (target.find()) {
      yaml.append(
          "  - {ip: %s, port: %s, tags: {dst_hostname: %s}}%n"
              .formatted(target.group(2), target.group(3), target.group(1)));
    }
    return yaml.toString();
  }
}
