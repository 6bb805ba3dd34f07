package io.llamamesh.e2e.cluster;

import io.llamamesh.e2e.machine.Daemon;
import io.llamamesh.e2e.machine.Subprocess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A host on the nodes' network that is no node: an agent in a network namespace of its own, which
 * registers itself. When the agent ends, its namespace and interface end with it.
 */
public final class OutsideProbe implements AutoCloseable {
  private final String name;
  private final String address;
  private final Daemon agent;

  private OutsideProbe(String name, String address, Daemon agent) {
    this.name = name;
    this.address = address;
    this.agent = agent;
  }

  /**
   * Starts it.
   *
   * @param program the agent's program of this tree
   * @param folder for its log and state
   * @param host its number on the nodes' network, see {@link IpFamily#outside}
   * @param nodes to whose pods it has a way
   * @param options of the program's command {@code agent}, but its name
   */
  static OutsideProbe start(
      Path program,
      Path folder,
      String bridge,
      IpFamily family,
      int host,
      List<Node> nodes,
      Map<String, String> environment,
      List<String> options)
      throws IOException, InterruptedException {
    String name = "outside-" + host;
    String address = family.outside(host);
    Files.createDirectories(folder);
    Path connected = folder.resolve(name + ".connected");
    Files.deleteIfExists(connected);
    // The agent begins once its network is there.
    String script =
        "while [ ! -e \"$0\" ]; do sleep 0.1; done; exec sh \"$1\" agent --name=\"$2\" \"${@:3}\"";
    List<String> line =
        new ArrayList<>(
            List.of(
                "unshare",
                "--net",
                "--fork",
                "--kill-child",
                "bash",
                "-c",
                script,
                connected.toString(),
                program.toString(),
                name));
    line.add("--state-dir=" + folder.resolve(name + "-state"));
    line.addAll(options);
    Daemon agent = Daemon.start(name, folder.resolve(name + ".log"), environment, line);
    OutsideProbe probe = new OutsideProbe(name, address, agent);
    try {
      probe.connect(bridge, family, nodes);
      Files.createFile(connected);
      return probe;
    } catch (IOException | InterruptedException | RuntimeException e) {
      probe.close();
      throw e;
    }
  }

  private void connect(String bridge, IpFamily family, List<Node> nodes)
      throws IOException, InterruptedException {
    // The namespace is there once it is another than ours.
    Wait.until(
        name,
        Duration.ofSeconds(20),
        () ->
            agent.innerPid() != agent.pid()
                    && !Files.readSymbolicLink(Path.of("/proc/self/ns/net"))
                        .equals(Files.readSymbolicLink(namespace()))
                ? ""
                : "its namespace is being made");
    String pid = String.valueOf(agent.innerPid());
    Subprocess.run(
        "ip", "link", "add", link(), "type", "veth", "peer", "name", "eth0", "netns", pid);
    Subprocess.run("ip", "link", "set", link(), "master", bridge, "up");
    exec("ip", "link", "set", "lo", "up");
    exec("ip", "link", "set", "eth0", "up");
    exec("ip", "addr", "add", family.withPrefix(address), "dev", "eth0");
    for (Node node : nodes) {
      exec("ip", "route", "replace", family.podsOf(node.index()), "via", node.address());
    }
  }

  private String link() {
    return "v-" + name;
  }

  private Path namespace() {
    return Path.of("/proc", String.valueOf(agent.innerPid()), "ns/net");
  }

  private void exec(String... line) throws IOException, InterruptedException {
    List<String> whole =
        new ArrayList<>(List.of("nsenter", "-t", String.valueOf(agent.innerPid()), "-n"));
    whole.addAll(List.of(line));
    Subprocess.run(whole.toArray(new String[0]));
  }

  /** Its name in the matrix. */
  public String name() {
    return name;
  }

  /** Its address. */
  public String address() {
    return address;
  }

  /** True while its agent runs. */
  public boolean isAlive() {
    return agent.isAlive();
  }

  /** Kills it, so that nobody hears of its end. */
  @Override
  public void close() throws IOException {
    try {
      agent.kill();
      // The kernel removes it with the namespace, but in its own time.
      Subprocess.run(
          "sh",
          "-c",
          "ip link del %1$s 2>/dev/null || ! ip link show %1$s >/dev/null 2>&1".formatted(link()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while ending " + name, e);
    }
  }
}
