package io.llamamesh.scraper.document;

import io.llamamesh.results.MatrixDocument;
import io.llamamesh.results.MatrixDocument.Node;
import io.llamamesh.results.MatrixDocument.Pair;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Completeness check of a matrix: every agent's last window has arrived, and, among several agents,
 * each has sent probes and was probed. Every window of an agent has all of its pairs.
 */
public final class Completeness {
  private static final int NAMED = 5;

  private Completeness() {}

  /** The agents that are missing, in one line; empty if there are none. */
  public static String missing(MatrixDocument matrix) {
    Set<String> agents = names(matrix.nodes().stream().filter(Node::agent));
    if (agents.isEmpty()) {
      return "no agent was found";
    }
    Set<String> silent = names(matrix.nodes().stream().filter(n -> n.agent() && !n.reporting()));
    if (!silent.isEmpty()) {
      return "last window not arrived from " + listed(silent);
    }
    Set<Pair> sent = matrix.pairs().stream().filter(p -> p.sent() > 0).collect(Collectors.toSet());
    Set<String> idle = new TreeSet<>(agents);
    Set<String> untested = new TreeSet<>(agents);
    for (Pair pair : sent) {
      idle.remove(pair.source());
      untested.remove(pair.destination());
    }
    if (agents.size() > 1 && !idle.isEmpty()) {
      return "no pair reported by " + listed(idle);
    }
    if (agents.size() > 1 && !untested.isEmpty()) {
      return "nobody probed " + listed(untested);
    }
    return "";
  }

  private static Set<String> names(Stream<Node> nodes) {
    return nodes.map(Node::name).collect(Collectors.toCollection(TreeSet::new));
  }

  private static String listed(Set<String> names) {
    String first = names.stream().limit(NAMED).collect(Collectors.joining(", "));
    return names.size() <= NAMED ? first : first + " and " + (names.size() - NAMED) + " more";
  }
}
