package io.llamamesh.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.testkit.BoundProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * Machines without Java on one bridge: each a network namespace and a root folder with the C
 * library, a shell, the usual small tools, and the package in {@code /opt/llama-mesh}. They know
 * each other by name. Closing them ends what runs there and leaves nothing behind.
 */
final class Machines implements AutoCloseable {
  private static final String PREFIX = "llamamesh-package-";
  private static final long SECONDS = 20;

  private static final AtomicInteger MADE = new AtomicInteger();

  private final String prefix =
      PREFIX + ProcessHandle.current().pid() + "-" + MADE.incrementAndGet() + "-";
  private final Path folder;
  private final List<String> names;
  private final Map<String, Process> processes = new LinkedHashMap<>();
  private final Thread atExit = Thread.ofPlatform().unstarted(this::close);

  private Machines(Path folder, List<String> names) {
    this.folder = folder;
    this.names = List.copyOf(names);
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /** Why there can be none here. */
  static Optional<String> missing() {
    for (String tool : List.of("ip", "unshare", "chroot", "mknod", "busybox", "ldd")) {
      if (!Tool.exists(tool)) {
        return Optional.of("needs " + tool + " (iproute2, busybox-static)");
      }
    }
    try {
      if (Tool.call("id", "-u").strip().equals("0")) {
        return Optional.empty();
      }
    } catch (IOException e) {
      return Optional.of(e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of(e.toString());
    }
    return Optional.of("needs root, for network namespaces and roots");
  }

  /**
   * Makes them.
   *
   * @param folder where their roots go
   * @param hosts each one's name, and further names by which it is known
   */
  static Machines of(Path folder, Map<String, List<String>> hosts)
      throws IOException, InterruptedException {
    Machines machines = new Machines(folder, List.copyOf(hosts.keySet()));
    try {
      machines.make(hosts);
      return machines;
    } catch (IOException | InterruptedException | RuntimeException e) {
      machines.close();
      throw e;
    }
  }

  private void make(Map<String, List<String>> hosts) throws IOException, InterruptedException {
    Path base = base();
    StringBuilder known = new StringBuilder("127.0.0.1 localhost\n");
    for (String name : names) {
      known
          .append(address(name))
          .append(' ')
          .append(name)
          .append(' ')
          .append(String.join(" ", hosts.getOrDefault(name, List.of())))
          .append('\n');
    }
    Files.writeString(base.resolve("etc/hosts"), known.toString());
    var _ = Tool.call("ip", "netns", "add", prefix + "switch");
    in("switch", "link", "add", "br0", "type", "bridge");
    in("switch", "link", "set", "br0", "up");
    for (String name : names) {
      // Links to the same files, which nobody writes to.
      var _ = Tool.call("cp", "-al", base.toString(), root(name).toString());
      Files.delete(root(name).resolve("etc/hostname"));
      Files.writeString(root(name).resolve("etc/hostname"), name + "\n");
      var _ = Tool.call("ip", "netns", "add", prefix + name);
      String port = "p" + names.indexOf(name);
      in("switch", "link", "add", port, "type", "veth", "peer", "eth0", "netns", prefix + name);
      in("switch", "link", "set", port, "master", "br0", "up");
      in(name, "addr", "add", address(name) + "/24", "dev", "eth0");
      in(name, "link", "set", "eth0", "up");
      in(name, "link", "set", "lo", "up");
    }
  }

  private void in(String name, String... ip) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("ip", "-n", prefix + name));
    command.addAll(List.of(ip));
    var _ = Tool.call(command.toArray(String[]::new));
  }

  private Path base() throws IOException, InterruptedException {
    Path base = folder.resolve("base");
    for (String each :
        List.of("bin", "dev", "etc", "lib", "opt", "proc", "run/credentials", "run/secrets")) {
      Files.createDirectories(base.resolve(each));
    }
    for (String each : List.of("state", "tmp", "var/lib")) {
      Files.createDirectories(base.resolve(each));
    }
    Files.writeString(base.resolve("etc/nsswitch.conf"), "hosts: files\n");
    Files.writeString(base.resolve("etc/hostname"), "base\n");
    device(base, "null", 3);
    device(base, "random", 8);
    device(base, "urandom", 9);
    String busybox = Tool.call("sh", "-c", "command -v busybox").strip();
    Files.copy(Path.of(busybox), base.resolve("bin/busybox"));
    for (String tool :
        List.of("sh", "env", "dirname", "readlink", "find", "head", "cat", "wget", "sed", "ls")) {
      Files.createSymbolicLink(base.resolve("bin").resolve(tool), Path.of("busybox"));
    }
    Path home = PackageFile.shared().unpack(base.resolve("opt"));
    Files.createSymbolicLink(base.resolve("opt/llama-mesh"), home.getFileName());
    for (String library : libraries(home.resolve("runtime"))) {
      Path to = base.resolve(library.substring(1));
      Files.createDirectories(to.getParent());
      Files.copy(Path.of(library), to);
    }
    return base;
  }

  private static void device(Path base, String name, int minor)
      throws IOException, InterruptedException {
    String file = base.resolve("dev").resolve(name).toString();
    var _ = Tool.call("mknod", "-m", "666", file, "c", "1", Integer.toString(minor));
  }

  /** Where the C library has its parts, of those that a runtime asks for. */
  private static List<String> libraries(Path runtime) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("ldd"));
    command.add(runtime.resolve("bin/java").toString());
    try (Stream<Path> files = Files.walk(runtime.resolve("lib"))) {
      files
          .filter(file -> file.toString().endsWith(".so"))
          .forEach(file -> command.add(file.toString()));
    }
    return Tool.call(command.toArray(String[]::new))
        .lines()
        .filter(line -> line.startsWith("\t") && !line.contains(runtime.toString()))
        .map(line -> line.replaceFirst("^\t(?:.* => )?(/\\S+) .*", "$1"))
        .filter(file -> file.startsWith("/"))
        .distinct()
        .toList();
  }

  /** A machine's root folder. */
  Path root(String name) {
    return folder.resolve(name);
  }

  /** A machine's address. */
  String address(String name) {
    return "10.84.0." + (names.indexOf(name) + 1);
  }

  /**
   * Starts the package's command on a machine, with no environment but what is given.
   *
   * @param args its arguments
   */
  void start(String name, Map<String, String> environment, List<String> args)
      throws IOException, InterruptedException {
    start(name, command(name, environment, "/opt/llama-mesh/bin/llama-mesh", args));
  }

  /** Starts a program of this machine in another's network. */
  void startForeign(String name, Map<String, String> environment, List<String> line)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", prefix + name, "env"));
    environment.forEach((variable, value) -> command.add(variable + "=" + value));
    command.addAll(line);
    start(name, command);
  }

  private void start(String name, List<String> command) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log(name).toFile());
    processes.put(name, BoundProcess.start(builder));
  }

  /** Runs a command of a machine to its end. */
  Tool.Outcome run(String name, String program, String... args)
      throws IOException, InterruptedException {
    return Tool.run(Map.of("PATH", Tool.path()), command(name, Map.of(), program, List.of(args)));
  }

  /**
   * Waits until the scraper on the machine {@code scraper} has measured each of two probes from the
   * other, without loss.
   */
  void awaitMatrix(String one, String other) {
    // Complete is also a matrix of the first probe that the scraper has found.
    Awaitility.await()
        .atMost(Duration.ofMinutes(3))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofSeconds(2))
        .untilAsserted(() -> {
          Tool.Outcome matrix =
              run(
                  "scraper",
                  "/opt/llama-mesh/bin/llama-mesh",
                  "matrix",
                  "--server=http://localhost:8080",
                  "--until-complete=30s");
          assertThat(matrix.code()).as(matrix.output() + logs()).isZero();
          for (String row : List.of(one, other)) {
            assertThat(matrix.output()).as(logs()).containsPattern("(?m)^" + row + " .*\\b0%");
          }
        });
  }

  private List<String> command(
      String name, Map<String, String> environment, String program, List<String> args) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "ip",
                "netns",
                "exec",
                prefix + name,
                "unshare",
                "--mount",
                "sh",
                "-c",
                "mount -t proc proc \"$0/proc\" && exec chroot \"$0\" \"$@\"",
                root(name).toString(),
                "/bin/env",
                "-i",
                "PATH=/bin"));
    environment.forEach((variable, value) -> command.add(variable + "=" + value));
    command.add(program);
    command.addAll(args);
    return command;
  }

  private Path log(String name) {
    return folder.resolve(name + ".log");
  }

  /** What all have said. */
  String logs() throws IOException {
    StringBuilder logs = new StringBuilder();
    for (Map.Entry<String, Process> each : processes.entrySet()) {
      logs.append('\n').append(each.getKey()).append(each.getValue().isAlive() ? "" : " (ended)");
      logs.append(":\n").append(Files.readString(log(each.getKey()), StandardCharsets.UTF_8));
    }
    return logs.toString();
  }

  @Override
  public void close() {
    if (Thread.currentThread() != atExit) {
      try {
        Runtime.getRuntime().removeShutdownHook(atExit);
      } catch (IllegalStateException e) {
        return; // It runs already.
      }
    }
    try {
      for (Process process : processes.values()) {
        process.destroy();
      }
      for (Process process : processes.values()) {
        if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
          process.destroyForcibly().waitFor();
        }
      }
      String there = Tool.call("ip", "netns", "list");
      for (String line : there.lines().toList()) {
        String name = line.split(" ", -1)[0];
        if (name.startsWith(prefix)) {
          var _ = Tool.call("ip", "netns", "delete", name);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
