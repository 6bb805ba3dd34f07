package io.llamamesh.agent.netns;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/**
 * A machine of the lab: a network namespace with one interface, {@code eth0}, and its addresses.
 */
final class Namespace implements AutoCloseable {

  private static final Pattern PACKETS = Pattern.compile("packets (\\d+)");

  private final String name;
  private final List<InetAddress> addresses;
  private final NamespaceThread inside;

  Namespace(String name, List<InetAddress> addresses) {
    this.name = name;
    this.addresses = List.copyOf(addresses);
    this.inside = new NamespaceThread(name);
  }

  /** As {@code ip netns} knows it. */
  String name() {
    return name;
  }

  /** Its addresses of one kind of network, IPv4 before IPv6. */
  List<InetAddress> addresses(Stack stack) {
    return addresses.stream().filter(stack::has).toList();
  }

  /** Runs {@code ip} here. */
  void ip(String... arguments) {
    var _ = show(arguments);
  }

  /** Runs {@code ip} here; returns what it printed. */
  String show(String... arguments) {
    String[] command = new String[arguments.length + 3];
    command[0] = "ip";
    command[1] = "-n";
    command[2] = name;
    System.arraycopy(arguments, 0, command, 3, arguments.length);
    return ShellCommand.run(command);
  }

  /**
   * Adds a rule to a chain of its own at a hook, such as {@code input}; it counts in the counter
   * {@code seen}, which is made by the first call.
   */
  void rule(String hook, String rule) {
    String chain = hook.equals("output") ? "type route" : "type filter";
    var _ =
        ShellCommand.feed(
            """
            add table inet lab
            add counter inet lab seen
            add chain inet lab %1$s { %2$s hook %1$s priority 0; }
            add rule inet lab %1$s %3$s
            """
                .formatted(hook, chain, rule),
            "ip",
            "netns",
            "exec",
            name,
            "nft",
            "-f",
            "-");
  }

  /** Empties the chain at a hook; the counter {@code seen} stays. */
  void noRules(String hook) {
    var _ =
        ShellCommand.run("ip", "netns", "exec", name, "nft", "flush", "chain", "inet", "lab", hook);
  }

  /** Removes all rules. */
  void noRules() {
    var _ = ShellCommand.run("ip", "netns", "exec", name, "nft", "flush", "ruleset");
  }

  /** Packets that the counter {@code seen} counted. */
  long seen() {
    String text =
        ShellCommand.run(
            "ip", "netns", "exec", name, "nft", "list", "counter", "inet", "lab", "seen");
    Matcher matcher = PACKETS.matcher(text);
    if (!matcher.find()) {
      throw new IllegalStateException("no packets in: " + text);
    }
    return Long.parseLong(matcher.group(1));
  }

  /** Does something on a thread that lives here, and waits for it. */
  <T> T call(Callable<T> work) {
    return inside.call(work);
  }

  /**
   * Returns when all addresses of another host answer: right after links came up, neighbours take a
   * second to find each other.
   */
  void reach(Namespace other) {
    for (InetAddress address : other.addresses(Stack.DUAL)) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(50))
          .ignoreExceptions()
          .until(() -> !ping(address).isEmpty());
    }
  }

  private String ping(InetAddress address) {
    String text = address.getHostAddress();
    return ShellCommand.run(
        "ip", "netns", "exec", name, "ping", "-n", "-q", "-c", "1", "-W", "2", text);
  }

  /** Sets a kernel parameter, such as {@code net.ipv4.ip_forward}. */
  void sysctl(String key, String value) {
    var _ =
        call(() -> Files.writeString(Path.of("/proc/sys", key.replace('.', '/')), value + "\n"));
  }

  @Override
  public void close() {
    inside.close();
  }
}
