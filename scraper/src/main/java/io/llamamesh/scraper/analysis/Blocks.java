package io.llamamesh.scraper.analysis;

import io.llamamesh.scraper.analysis.Links.Link;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Search for blocks in a matrix of links. Starting with one node's bad destinations, it alternates
 * between the nodes that cannot reach most of them and the nodes that these cannot reach, until
 * both sets are stable; this works in a sparse mesh, where no node tests all of the other side. It
 * first takes the links of both directions together, since a node may be tested in one direction
 * only, then those of one direction.
 */
final class Blocks {
  private static final int MOST = 4;
  private static final int SEEDS = 32;

  /** Consecutive seeds without a block after which the search ends. */
  private static final int BARREN = 8;

  private static final int ROUNDS = 8;

  /** Bad links that make a block; fewer are reported as pairs. */
  private static final int FEWEST_LINKS = 3;

  /** Outside targets that make a side; fewer are more likely down one by one. */
  private static final int FEWEST_TARGETS = 3;

  private final Set<String> probing;
  private final Matrix out = new Matrix();
  private final Matrix in = new Matrix();
  private final Matrix between = new Matrix();

  private Blocks(Links links) {
    probing = links.probing();
    links
        .all()
        .forEach(entry -> {
          String source = entry.getKey().source();
          String destination = entry.getKey().destination();
          Share link = entry.getValue().isBad() ? Share.BAD : Share.GOOD;
          out.add(source, destination, link);
          in.add(destination, source, link);
          between.add(source, destination, link);
          between.add(destination, source, link);
        });
  }

  /**
   * Finds the blocks of the bad links, at most four, those with most bad links of one node first.
   */
  static List<Block> of(Links links) {
    Blocks blocks = new Blocks(links);
    List<Block> found = new ArrayList<>();
    int grown = 0;
    int barren = 0;
    for (String seed : blocks.seeds()) {
      if (found.size() == MOST || grown == SEEDS || barren == BARREN) {
        break;
      }
      Set<String> unexplained = blocks.out.bad(seed);
      unexplained.removeIf(
          to -> found.stream().anyMatch(block -> block.contains(new Link(seed, to))));
      if (unexplained.isEmpty()) {
        continue;
      }
      grown++;
      Block block = blocks.grow(unexplained);
      if (block != null && found.stream().noneMatch(block::equals)) {
        found.add(block);
        barren = 0;
      } else {
        barren++;
      }
    }
    return found;
  }

  /** Nodes with bad links, those with most of them first. */
  private List<String> seeds() {
    Map<String, Integer> bad = new HashMap<>();
    out.rows().forEach(node -> bad.put(node, out.bad(node).size()));
    return bad.entrySet().stream()
        .filter(entry -> entry.getValue() > 0)
        .sorted(
            Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()))
        .map(Map.Entry::getKey)
        .toList();
  }

  private @Nullable Block grow(Set<String> seed) {
    Block both = grow(seed, between, between);
    return both != null && both.bothWays() ? both : grow(seed, out, in);
  }

  /**
   * Grows a block from one node's bad destinations; null if the two sets share nodes, do not become
   * stable, or are no block.
   *
   * @param forth links that make a node one of the first side
   * @param back links that make a node one of the second side
   */
  private @Nullable Block grow(Set<String> seed, Matrix forth, Matrix back) {
    Set<String> to = seed;
    Set<String> from = Set.of();
    for (int round = 0; round < ROUNDS; round++) {
      Set<String> senders = mostlyBad(back, forth, to);
      Set<String> receivers = mostlyBad(forth, back, senders);
      if (senders.equals(from) && receivers.equals(to)) {
        return block(from, to);
      }
      from = senders;
      to = receivers;
      if (from.isEmpty() || to.isEmpty()) {
        return null;
      }
    }
    return null;
  }

  /**
   * Nodes whose links with a set are mostly bad.
   *
   * @param ofSet links of the set's nodes
   * @param own the same links, by the nodes in question
   */
  private static Set<String> mostlyBad(Matrix ofSet, Matrix own, Set<String> set) {
    Set<String> candidates = new HashSet<>();
    set.forEach(node -> candidates.addAll(ofSet.bad(node)));
    candidates.removeIf(node -> own.share(node, set).isGood());
    return candidates;
  }

  private @Nullable Block block(Set<String> from, Set<String> to) {
    Share there = out.share(from, to);
    if (from.stream().anyMatch(to::contains)
        || there.bad < FEWEST_LINKS
        || there.isGood()
        || !isWell(from)
        || !isWell(to)) {
      return null;
    }
    return new Block(from, to, !out.share(to, from).isGood(), via(from, to));
  }

  /**
   * True if its nodes reach each other; unknown counts as false. Outside targets do not probe:
   * several of them count as true.
   */
  private boolean isWell(Set<String> side) {
    if (side.size() >= FEWEST_TARGETS && side.stream().noneMatch(probing::contains)) {
      return true;
    }
    Share inside = out.share(side, side);
    return side.size() == 1
        || (inside.tested > 0 && inside.bad <= inside.tested * (1 - Suspects.MIN_PURITY));
  }

  private Set<String> via(Set<String> from, Set<String> to) {
    Set<String> via = new HashSet<>();
    for (String node : between.rows()) {
      if (!from.contains(node) && !to.contains(node) && reaches(node, from) && reaches(node, to)) {
        via.add(node);
      }
    }
    return via;
  }

  private boolean reaches(String node, Set<String> side) {
    Share links = between.share(node, side);
    return links.tested > 0 && links.bad == 0;
  }

  /** Links by the node at one end, then by that at the other. */
  private static final class Matrix {
    private final Map<String, Map<String, Share>> rows = new HashMap<>();

    void add(String row, String column, Share link) {
      rows.computeIfAbsent(row, k -> new HashMap<>()).merge(column, link, Share::plus);
    }

    Set<String> rows() {
      return rows.keySet();
    }

    /** The other ends of a node's bad links. */
    Set<String> bad(String row) {
      Set<String> bad = new HashSet<>();
      rows.getOrDefault(row, Map.of())
          .forEach((column, link) -> {
            if (link.bad > 0) {
              bad.add(column);
            }
          });
      return bad;
    }

    Share share(String row, Set<String> columns) {
      Map<String, Share> links = rows.getOrDefault(row, Map.of());
      Share all = Share.NONE;
      // Iterates over the smaller one: a node has 64 peers, a side may have a thousand nodes.
      if (links.size() < columns.size()) {
        for (Map.Entry<String, Share> link : links.entrySet()) {
          all = columns.contains(link.getKey()) ? all.plus(link.getValue()) : all;
        }
        return all;
      }
      for (String column : columns) {
        Share link = links.get(column);
        all = link == null ? all : all.plus(link);
      }
      return all;
    }

    Share share(Set<String> these, Set<String> columns) {
      Share all = Share.NONE;
      for (String row : these) {
        all = all.plus(share(row, columns));
      }
      return all;
    }
  }

  /**
   * Share of bad links among some links.
   *
   * @param tested number of links
   * @param bad number of bad ones among them
   */
  private record Share(int tested, int bad) {
    private static final Share NONE = new Share(0, 0);
    private static final Share GOOD = new Share(1, 0);
    private static final Share BAD = new Share(1, 1);

    Share plus(Share other) {
      return new Share(tested + other.tested, bad + other.bad);
    }

    /** True if too few are bad for a block. */
    boolean isGood() {
      return bad == 0 || bad < Suspects.MIN_PURITY * tested;
    }
  }
}
