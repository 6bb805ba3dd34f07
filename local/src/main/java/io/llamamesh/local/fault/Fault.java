package io.llamamesh.local.fault;

import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A fault of the local network, as {@code --fault} names it.
 *
 * <p>Between two named nodes a fault is on the path of the source's own probes: the destination's
 * probes of the source, and what it answers them, travel other ports and so other paths. With
 * {@code *} on one side it is on the node: everything that it sends (or receives) suffers, its
 * answers to others' probes included, as with a bad port of a switch.
 */
public sealed interface Fault {

  /**
   * The node is dead: its agent is killed once it has joined, and nothing to or from it passes.
   *
   * @param node the node's name
   */
  record Down(String node) implements Fault {}

  /**
   * Datagrams between nodes are lost or late.
   *
   * @param source the sending node, or {@link #ANY}
   * @param destination the receiving node, or {@link #ANY}
   * @param loss share of datagrams that is lost, 0 to 1
   * @param delay time that is added to those that are not
   * @param sourcePort only probes from this source port and the answers to them; empty: all
   */
  record Impairment(
      String source, String destination, double loss, Duration delay, OptionalInt sourcePort)
      implements Fault {}

  /**
   * Nothing passes from one set of nodes to another: neither probes nor answers.
   *
   * @param from nodes that are not heard
   * @param to nodes that do not hear them
   * @param bothWays whether the other way is cut too
   */
  record Cut(Set<String> from, Set<String> to, boolean bothWays) implements Fault {
    public Cut {
      from = Set.copyOf(from);
      to = Set.copyOf(to);
    }

    boolean blocks(String sender, String receiver) {
      return (from.contains(sender) && to.contains(receiver))
          || (bothWays && to.contains(sender) && from.contains(receiver));
    }
  }

  /** Any node. */
  String ANY = "*";

  /** Longest delay that the relay holds a datagram for. */
  Duration MAX_DELAY = Duration.ofSeconds(10);

  /**
   * Reads a fault as it is written on the command line: {@code node-3>node-5 loss=20%}, {@code
   * node-3>* delay=5ms}, {@code node-1>node-2 sport=25003}, {@code node-3 down}, {@code
   * node-1,node-2 | node-3,node-4}, {@code node-1,node-2 > node-3}.
   *
   * @param nodes the nodes that there are
   * @throws IllegalArgumentException where it is written otherwise or names another node; the
   *     message says what to write
   */
  static Fault parse(String text, Collection<String> nodes) {
    return new Reader(text, nodes).fault();
  }

  /** One fault's text while it is read. */
  final class Reader {
    private static final Pattern DOWN = Pattern.compile("\\s*(\\S+)\\s+down\\s*");
    private static final Pattern PAIR =
        Pattern.compile("\\s*([^\\s>]+)\\s*>\\s*([^\\s>]+)((?:\\s+\\S+=\\S+)+)\\s*");
    private static final Pattern CUT =
        Pattern.compile("\\s*([^\\s>|=]+)\\s*([|>])\\s*([^\\s>|=]+)\\s*");
    private static final Pattern PERCENT = Pattern.compile("([0-9]{1,3}(?:[.][0-9]+)?)%?");
    private static final Pattern TIME = Pattern.compile("([0-9]{1,6}(?:[.][0-9]+)?)(us|ms|s)");
    private final String text;
    private final Collection<String> nodes;

    private Reader(String text, Collection<String> nodes) {
      this.text = text;
      this.nodes = nodes;
    }

    private Fault fault() {
      Matcher down = DOWN.matcher(text);
      if (down.matches()) {
        return new Down(node(down.group(1), false));
      }
      Matcher cut = CUT.matcher(text.replaceAll("\\s*,\\s*", ","));
      // One node to another has more to say than nothing: how much of it is lost.
      if (cut.matches() && (cut.group(2).equals("|") || cut.group().contains(","))) {
        return cut(cut.group(1), cut.group(3), cut.group(2).equals("|"));
      }
      Matcher pair = PAIR.matcher(text);
      if (!pair.matches()) {
        throw wrong(
            "must be written as 'node-1>node-2 loss=20%', 'node-1 down' or 'node-1,node-2 |"
                + " node-3,node-4'");
      }
      String source = node(pair.group(1), true);
      String destination = node(pair.group(2), true);
      if (source.equals(destination) && !source.equals(ANY)) {
        throw wrong("names the same node twice; a node does not probe itself");
      }
      Double loss = null;
      Duration delay = Duration.ZERO;
      OptionalInt port = OptionalInt.empty();
      for (String setting : pair.group(3).strip().split("\\s+", -1)) {
        String value = setting.substring(setting.indexOf('=') + 1);
        switch (setting.substring(0, setting.indexOf('='))) {
          case "loss" -> loss = percent(value);
          case "delay" -> delay = time(value);
          case "sport" -> port = OptionalInt.of(port(value));
          default ->
              throw wrong("has '" + setting + "'; known are loss=20%, delay=5ms and sport=25003");
        }
      }
      // A source port alone means a broken path: nothing of that flow arrives.
      double lost = loss == null ? (delay.isZero() ? 1 : 0) : loss;
      return new Impairment(source, destination, lost, delay, port);
    }

    private Cut cut(String from, String to, boolean bothWays) {
      Cut cut = new Cut(side(from), side(to), bothWays);
      if (cut.from().stream().anyMatch(cut.to()::contains)) {
        throw wrong("has a node on both sides");
      }
      return cut;
    }

    private Set<String> side(String names) {
      Set<String> side = new LinkedHashSet<>();
      for (String name : names.split(",", -1)) {
        side.add(node(name, false));
      }
      return side;
    }

    private String node(String name, boolean anyAllowed) {
      if (nodes.contains(name) || (anyAllowed && name.equals(ANY))) {
        return name;
      }
      throw wrong("names '" + name + "', but the nodes are " + String.join(", ", nodes));
    }

    private double percent(String value) {
      Matcher matcher = PERCENT.matcher(value);
      if (matcher.matches() && Double.parseDouble(matcher.group(1)) <= 100) {
        return Double.parseDouble(matcher.group(1)) / 100;
      }
      throw wrong("has loss=" + value + ", which must be from 0% to 100%");
    }

    private Duration time(String value) {
      Matcher matcher = TIME.matcher(value);
      if (matcher.matches()) {
        double unit =
            switch (matcher.group(2)) {
              case "us" -> 1e3;
              case "ms" -> 1e6;
              default -> 1e9;
            };
        Duration time = Duration.ofNanos((long) (Double.parseDouble(matcher.group(1)) * unit));
        if (time.compareTo(MAX_DELAY) <= 0) {
          return time;
        }
      }
      throw wrong("has delay=" + value + ", which must be a time such as 5ms, at most 10s");
    }

    private int port(String value) {
      if (value.matches("[0-9]{1,5}")) {
        int port = Integer.parseInt(value);
        if (port >= 1 && port <= 65535) {
          return port;
        }
      }
      throw wrong("has sport=" + value + ", which must be a source port such as 25003");
    }

    private IllegalArgumentException wrong(String why) {
      return new IllegalArgumentException("--fault '" + text + "' " + why);
    }
  }
}
