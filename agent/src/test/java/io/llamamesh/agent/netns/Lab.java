package io.llamamesh.agent.netns;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Namespaces wired together by veth pairs, with the kernel's default parameters but for what makes
 * a router a router. Closing it leaves nothing behind; what a killed run left is removed by the
 * next.
 */
final class Lab implements AutoCloseable {

  private static final String PREFIX = "llamamesh-it-";
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final String prefix =
      PREFIX + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
  private final Map<String, Namespace> members = new LinkedHashMap<>();
  private final Thread atExit = Thread.ofPlatform().unstarted(this::delete);

  private Lab() {
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /** Two hosts, {@code left} and {@code right}, and the {@code router} between them. */
  static Lab routed() {
    return build(lab -> {
      List<String> hosts = List.of("left", "right");
      lab.link("router", hosts);
      for (int i = 0; i < hosts.size(); i++) {
        int net = i + 1;
        String host = hosts.get(i);
        lab.batch(
            "router",
            """
            addr add 10.83.%1$d.1/24 dev to-%2$s
            addr add fd83:%1$d::1/64 dev to-%2$s nodad
            link set to-%2$s up
            link set lo up
            """
                .formatted(net, host));
        // No default route: what is not in the lab is unreachable by the host's own routing table.
        lab.batch(
            host,
            """
            addr add 10.83.%1$d.2/24 dev eth0
            addr add fd83:%1$d::2/64 dev eth0 nodad
            link set eth0 up
            link set lo up
            route add 10.83.0.0/16 via 10.83.%1$d.1
            route add fd83::/16 via fd83:%1$d::1
            """
                .formatted(net));
        lab.member(host, "10.83." + net + ".2", "fd83:" + net + "::2");
      }
      lab.member("router", "10.83.1.1", "fd83:1::1");
      lab.host("router").sysctl("net.ipv4.ip_forward", "1");
      lab.host("router").sysctl("net.ipv6.conf.all.forwarding", "1");
      lab.host("left").reach(lab.host("right"));
    });
  }

  /** Hosts {@code node-1}, {@code node-2}, … on one bridge. */
  static Lab bridged(int count) {
    return build(lab -> {
      List<String> hosts = new ArrayList<>();
      for (int i = 1; i <= count; i++) {
        hosts.add("node-" + i);
      }
      lab.link("switch", hosts);
      StringBuilder ports = new StringBuilder("link add br0 type bridge\nlink set br0 up\n");
      hosts.forEach(host -> ports.append("link set to-%1$s master br0 up\n".formatted(host)));
      lab.batch("switch", ports.toString());
      lab.member("switch");
      for (int i = 1; i <= count; i++) {
        lab.batch(
            "node-" + i,
            """
            addr add 10.83.0.%1$d/24 dev eth0
            addr add fd83::%1$d/64 dev eth0 nodad
            link set eth0 up
            link set lo up
            """
                .formatted(i));
        lab.member("node-" + i, "10.83.0." + i, "fd83::" + i);
      }
      for (String from : hosts) {
        hosts.stream()
            .filter(to -> !to.equals(from))
            .forEach(to -> lab.host(from).reach(lab.host(to)));
      }
    });
  }

  private interface Construction {
    void on(Lab lab);
  }

  private static Lab build(Construction construction) {
    Lab lab = new Lab();
    try {
      construction.on(lab);
      return lab;
    } catch (RuntimeException e) {
      lab.close();
      throw e;
    }
  }

  private void link(String middle, List<String> hosts) {
    StringBuilder all = new StringBuilder("netns add " + full(middle) + "\n");
    for (String host : hosts) {
      all.append("netns add ").append(full(host)).append('\n');
      all.append(
          "link add to-%s netns %s type veth peer name eth0 netns %s%n"
              .formatted(host, full(middle), full(host)));
    }
    var _ = ShellCommand.feed(all.toString(), "ip", "-batch", "-");
  }

  private void batch(String host, String lines) {
    var _ = ShellCommand.feed(lines, "ip", "-n", full(host), "-batch", "-");
  }

  private void member(String host, String... addresses) {
    List<InetAddress> parsed = new ArrayList<>();
    for (String address : addresses) {
      parsed.add(InetAddress.ofLiteral(address));
    }
    members.put(host, new Namespace(full(host), parsed));
  }

  private String full(String host) {
    return prefix + "-" + host;
  }

  /** A member by its name. */
  Namespace host(String name) {
    Namespace member = members.get(name);
    if (member == null) {
      throw new IllegalArgumentException("no " + name + " among " + members.keySet());
    }
    return member;
  }

  @Override
  public void close() {
    members.values().forEach(Namespace::close);
    delete();
    Runtime.getRuntime().removeShutdownHook(atExit);
  }

  private void delete() {
    existing().stream().filter(name -> name.startsWith(prefix + "-")).forEach(Lab::delete);
  }

  private static void delete(String namespace) {
    ShellCommand.run("ip", "netns", "pids", namespace)
        .lines()
        .map(line -> ProcessHandle.of(Long.parseLong(line.strip())))
        .flatMap(java.util.Optional::stream)
        .filter(process -> process.pid() != ProcessHandle.current().pid())
        .forEach(ProcessHandle::destroyForcibly);
    var _ = ShellCommand.run("ip", "netns", "del", namespace);
  }

  private static List<String> existing() {
    return ShellCommand.run("ip", "netns", "list")
        .lines()
        .map(line -> line.split(" ", 2)[0])
        .toList();
  }

  /** Removes what runs that were killed have left. */
  static void removeLeftovers() {
    for (String name : existing()) {
      if (name.startsWith(PREFIX)) {
        String owner = name.substring(PREFIX.length()).split("-", 2)[0];
        if (ProcessHandle.of(Long.parseLong(owner)).isEmpty()) {
          delete(name);
        }
      }
    }
  }
}
