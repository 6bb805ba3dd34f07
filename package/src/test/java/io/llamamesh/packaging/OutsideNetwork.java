package io.llamamesh.packaging;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Hosts in network namespaces of their own: a server and some hosts on one network, and sites whose
 * routers translate the addresses of the hosts behind them.
 */
final class OutsideNetwork implements AutoCloseable {
  /** The server's address. */
  static final String SERVER = "203.0.113.1";

  private static final String WIRE = "wire";
  private static final int FIRST_HOST = 10;
  private static final int FIRST_ROUTER = 200;

  private final String prefix = "llamamesh-outside-" + ProcessHandle.current().pid() + "-";
  private final List<String> namespaces = new ArrayList<>();
  private final Map<String, String> addresses = new LinkedHashMap<>();
  private int ports;

  private OutsideNetwork() {}

  /**
   * Makes it.
   *
   * @param hosts names of those on the server's network
   * @param sites names of hosts behind each router
   */
  static OutsideNetwork make(List<String> hosts, List<List<String>> sites)
      throws IOException, InterruptedException {
    OutsideNetwork network = new OutsideNetwork();
    try {
      network.add(WIRE);
      network.bridge(WIRE);
      network.connect("server", WIRE, SERVER + "/24", "eth0");
      for (int i = 0; i < hosts.size(); i++) {
        network.connect(hosts.get(i), WIRE, "203.0.113." + (FIRST_HOST + i) + "/24", "eth0");
      }
      for (int site = 0; site < sites.size(); site++) {
        network.site(site + 1, sites.get(site));
      }
      return network;
    } catch (IOException | InterruptedException | RuntimeException e) {
      network.close();
      throw e;
    }
  }

  private void site(int number, List<String> hosts) throws IOException, InterruptedException {
    String router = "router-" + number;
    String inside = "10.85." + number + ".";
    connect(router, WIRE, "203.0.113." + (FIRST_ROUTER + number) + "/24", "out");
    bridge(router);
    ip(router, "addr", "add", inside + "1/24", "dev", "br0");
    for (int i = 0; i < hosts.size(); i++) {
      connect(hosts.get(i), router, inside + (FIRST_HOST + i) + "/24", "eth0");
      ip(hosts.get(i), "route", "add", "default", "via", inside + "1");
    }
    shell(
        router,
        "echo 1 > /proc/sys/net/ipv4/ip_forward && nft add table ip nat && nft add chain ip nat post"
            + " '{ type nat hook postrouting priority srcnat; }' && nft add rule ip nat post oifname"
            + " out masquerade");
  }

  private void add(String host) throws IOException, InterruptedException {
    var _ = Tool.call("ip", "netns", "add", prefix + host);
    namespaces.add(prefix + host);
    ip(host, "link", "set", "lo", "up");
  }

  private void bridge(String host) throws IOException, InterruptedException {
    ip(host, "link", "add", "br0", "type", "bridge");
    ip(host, "link", "set", "br0", "up");
  }

  /** Puts a new host on the bridge of another. */
  private void connect(String host, String to, String address, String device)
      throws IOException, InterruptedException {
    add(host);
    String port = "p" + ++ports;
    ip(to, "link", "add", port, "type", "veth", "peer", device, "netns", prefix + host);
    ip(to, "link", "set", port, "master", "br0", "up");
    ip(host, "addr", "add", address, "dev", device);
    ip(host, "link", "set", device, "up");
    addresses.put(host, address);
  }

  /** The address of a host on its own network. */
  String address(String host) {
    return String.valueOf(addresses.get(host)).replaceAll("/.*", "");
  }

  /** Gives a host of the server's network another address instead of its own. */
  void changeAddress(String host, String other) throws IOException, InterruptedException {
    // The new one first: an interface without any would lose its routes.
    ip(host, "addr", "add", other + "/24", "dev", "eth0");
    ip(host, "addr", "del", String.valueOf(addresses.get(host)), "dev", "eth0");
    // With the first address of a network go those that came to it later.
    ip(host, "addr", "replace", other + "/24", "dev", "eth0");
    addresses.put(host, other + "/24");
  }

  /** The command that runs another one on a host. */
  List<String> in(String host) {
    return List.of("ip", "netns", "exec", prefix + host);
  }

  /** What is said at a URL, asked for on a host. */
  String get(String host, String url) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(in(host));
    command.addAll(List.of("curl", "-fsS", "-m", "30", url));
    return Tool.call(command.toArray(String[]::new));
  }

  private void ip(String host, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("ip", "-n", prefix + host));
    command.addAll(List.of(arguments));
    var _ = Tool.call(command.toArray(String[]::new));
  }

  private void shell(String host, String line) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(in(host));
    command.addAll(List.of("sh", "-c", line));
    var _ = Tool.call(command.toArray(String[]::new));
  }

  @Override
  public void close() throws IOException {
    try {
      for (String namespace : namespaces) {
        if (Files.exists(Path.of("/var/run/netns", namespace))) {
          var _ = Tool.call("ip", "netns", "delete", namespace);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
