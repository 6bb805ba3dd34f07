package io.llamamesh.scraper.document;

import io.llamamesh.results.MatrixDocument;
import io.llamamesh.results.MatrixDocument.Node;
import io.llamamesh.results.MatrixDocument.Pair;
import io.llamamesh.results.MatrixDocument.TrafficClass;
import io.llamamesh.results.NaturalOrder;
import io.llamamesh.results.SilencedNode;
import io.llamamesh.scraper.matrix.AgentHealth;
import io.llamamesh.scraper.matrix.Cell;
import io.llamamesh.scraper.matrix.MatrixView;
import io.llamamesh.scraper.matrix.MatrixView.NodeInfo;
import io.llamamesh.scraper.matrix.PairSeries;
import io.llamamesh.scraper.matrix.Rounding;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Factory of the matrix document.
 *
 * @param mesh the mesh's name
 * @param lossPercentLimit loss above which a pair may be bad
 * @param rttP99LimitMillis p99 above which a pair is slow
 */
public record MatrixDocumentFactory(
    String mesh, double lossPercentLimit, double rttP99LimitMillis) {

  private static final int ROLL_UP_ABOVE = 100;

  /** The document of all pairs. */
  public MatrixDocument document(MatrixView view, Collection<AgentHealth> agents, Instant now) {
    return document(view, Slice.ALL, agents, Set.of(), List.of(), now);
  }

  /**
   * The document of a slice.
   *
   * @param view the selected windows
   * @param slice filter of its pairs; nodes and classes are always complete
   * @param agents the agents that should report
   * @param leaving names of leaving nodes, which are not judged
   * @param silenced silenced nodes, which are not either
   * @param now time at which it is made
   */
  public MatrixDocument document(
      MatrixView view,
      Slice slice,
      Collection<AgentHealth> agents,
      Set<String> leaving,
      List<SilencedNode> silenced,
      Instant now) {
    TreeMap<String, Node> nodes = new TreeMap<>();
    for (PairSeries pair : view.pairs()) {
      nodes.computeIfAbsent(pair.source(), name -> node(name, view, true));
    }
    for (PairSeries pair : view.pairs()) {
      nodes.computeIfAbsent(pair.destination(), name -> node(name, view, false));
    }
    for (AgentHealth agent : AgentHealth.ofNames(agents)) {
      NodeInfo info = view.nodes().get(agent.agent());
      nodes.put(
          agent.agent(),
          new Node(
              agent.agent(),
              info == null ? null : absentIfEmpty(info.zone()),
              info == null || info.address().isEmpty() ? agent.address() : info.address(),
              true,
              agent.reporting(),
              agent.lastAnswer(),
              agent.problem()));
    }
    nodes.replaceAll((name, node) -> leaving.contains(name) ? node.withLeaving() : node);
    silenced.forEach(silence ->
        nodes.computeIfPresent(silence.node(), (name, node) -> node.withSilence(silence.until())));
    TreeSet<TrafficClass> classes =
        new TreeSet<>(Comparator.comparing(TrafficClass::port).thenComparing(TrafficClass::family));
    view.pairs().forEach(pair -> classes.add(new TrafficClass(pair.port(), pair.family())));
    List<PairSeries> pairs =
        view.pairs().stream().filter(pair -> slice.includes(pair, view)).toList();
    boolean zones = isRolledUp(slice.rollUp(), nodes.values());
    return new MatrixDocument(
        mesh,
        now,
        view.intervalSeconds(),
        view.pairs().stream().mapToInt(pair -> pair.windows()).max().orElse(0),
        view.newest() == 0 ? null : Instant.ofEpochSecond(view.newest()),
        lossPercentLimit,
        rttP99LimitMillis,
        nodes.values().stream().sorted(byZone()).toList(),
        List.copyOf(classes),
        zones ? List.of() : pairs.stream().map(MatrixDocumentFactory::pair).toList(),
        zones ? ZonePairs.of(view, pairs) : null);
  }

  private static Pair pair(PairSeries series) {
    Cell cell = series.pooled();
    return new Pair(
        series.source(),
        series.destination(),
        series.port(),
        series.family(),
        series.windows(),
        cell.sent(),
        cell.received(),
        cell.lost(),
        cell.refused(),
        Rounding.percent(cell.lossPercent()),
        Rounding.millis(cell.rttP50()),
        Rounding.millis(cell.rttP99()),
        Rounding.millis(cell.jitter()),
        Instant.ofEpochSecond(cell.end()));
  }

  private static boolean isRolledUp(Slice.RollUp rollUp, Collection<Node> nodes) {
    return switch (rollUp) {
      case NONE -> false;
      case ZONE -> true;
      case AUTO ->
          nodes.size() > ROLL_UP_ABOVE
              && nodes.stream().map(node -> Objects.toString(node.zone(), "")).distinct().count()
                  > 1;
    };
  }

  private static Comparator<Node> byZone() {
    // Outside targets, which have no row, come last.
    return Comparator.comparing((Node node) -> !node.agent())
        .thenComparing(node -> node.zone() == null ? "" : node.zone())
        .thenComparing(Node::name, new NaturalOrder());
  }

  private static Node node(String name, MatrixView view, boolean agent) {
    NodeInfo info = view.nodes().get(name);
    return new Node(
        name,
        info == null ? null : absentIfEmpty(info.zone()),
        info == null ? null : absentIfEmpty(info.address()),
        agent,
        false,
        null,
        null,
        null,
        null,
        info == null ? null : absentIfEmpty(info.method()));
  }

  private static @Nullable String absentIfEmpty(String text) {
    return text.isEmpty() ? null : text;
  }
}
