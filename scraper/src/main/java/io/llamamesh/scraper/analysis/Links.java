package io.llamamesh.scraper.analysis;

import io.llamamesh.scraper.analysis.JudgedPair.Direction;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * One-way links, and the state of the probes over them.
 *
 * <p>A probe passes two links, forward and return. It tests the forward link; a bad one accuses the
 * link on which its loss is known to have happened, and the forward link if that is unknown. A
 * probe that returned does not acquit the return link: in a sparse mesh that would hide a node
 * whose own probes all fail. An accusation outweighs any number of good probes: one traffic class
 * may be fine while another is not.
 */
final class Links {
  private final Map<Link, State> states = new LinkedHashMap<>();
  private final Set<String> probing = new HashSet<>();

  /**
   * Link from one node to another.
   *
   * @param source sending node
   * @param destination receiving node
   */
  record Link(String source, String destination) implements Comparable<Link> {
    private static final Comparator<Link> ORDER =
        Comparator.comparing(Link::source).thenComparing(Link::destination);

    /** Natural order, so that a map of links stays fast even if made-up names share one hash. */
    @Override
    public int compareTo(Link other) {
      return ORDER.compare(this, other);
    }
  }

  /** State of a link. */
  static final class State {
    private boolean bad;
    private long counted;
    private long lost;

    boolean isBad() {
      return bad;
    }

    long counted() {
      return counted;
    }

    long lost() {
      return lost;
    }
  }

  /**
   * The links of judged pairs.
   *
   * @param accuses predicate for bad pairs
   */
  static Links of(List<JudgedPair> pairs, Predicate<JudgedPair> accuses) {
    Links links = new Links();
    for (JudgedPair judged : pairs) {
      Link there = new Link(judged.pair().source(), judged.pair().destination());
      Link back = new Link(judged.pair().destination(), judged.pair().source());
      links.probing.add(judged.pair().source());
      if (!accuses.test(judged)) {
        links.state(there);
      } else if (judged.direction() == Direction.RETURN) {
        links.state(there);
        links.accuse(back, judged);
      } else {
        links.accuse(there, judged);
      }
    }
    return links;
  }

  Collection<Map.Entry<Link, State>> all() {
    return states.entrySet();
  }

  /** Nodes that probe; outside targets do not. */
  Set<String> probing() {
    return probing;
  }

  /**
   * True if at least that share of the links is bad, so that only what all have in common explains
   * it. Only links between probing nodes count, if there are any.
   */
  boolean areBad(double share) {
    int tested = 0;
    int bad = 0;
    for (Map.Entry<Link, State> entry : states.entrySet()) {
      Link link = entry.getKey();
      if (probing.contains(link.source()) && probing.contains(link.destination())) {
        tested++;
        bad += entry.getValue().isBad() ? 1 : 0;
      }
    }
    if (tested == 0) {
      tested = states.size();
      bad = (int) states.values().stream().filter(State::isBad).count();
    }
    return bad >= share * tested;
  }

  private State state(Link link) {
    return states.computeIfAbsent(link, k -> new State());
  }

  private void accuse(Link link, JudgedPair judged) {
    State state = state(link);
    state.bad = true;
    state.counted += judged.pooled().received() + judged.pooled().lost();
    state.lost += judged.pooled().lost();
  }
}
