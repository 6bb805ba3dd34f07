package io.llamamesh.fabric.crdt;

import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Set of dots that a document has seen: a version vector that may have gaps. Per node it keeps a
 * <em>floor</em>, below which every dot of every life is seen, and the events of each life from
 * there on. A node raises its own floor ({@link Document#apply}), so a context has about two lives
 * per node, however often a node was restarted.
 *
 * <p>{@link #join} is the union of two such sets: commutative, associative and idempotent.
 */
public final class CausalContext {

  /** The context of what nobody has written. */
  public static final CausalContext EMPTY = new CausalContext(new TreeMap<>());

  /**
   * The events seen of one node.
   *
   * @param floor every dot of a life below this one is seen; 0 for none
   * @param lives the events of lives from the floor on, none of them empty
   */
  record NodeClock(long floor, NavigableMap<Long, Ranges> lives) {

    static final NodeClock EMPTY = new NodeClock(0, new TreeMap<>());

    boolean contains(long life, long event) {
      return life < floor || lives.getOrDefault(life, Ranges.EMPTY).contains(event);
    }

    NodeClock join(NodeClock other) {
      long floor = Math.max(this.floor, other.floor);
      TreeMap<Long, Ranges> joined = new TreeMap<>(lives.tailMap(floor, true));
      other
          .lives
          .tailMap(floor, true)
          .forEach((life, seen) -> joined.merge(life, seen, Ranges::union));
      return new NodeClock(floor, joined);
    }

    boolean containsAll(NodeClock other) {
      if (other.floor > floor) {
        return false;
      }
      for (Map.Entry<Long, Ranges> life : other.lives.tailMap(floor, true).entrySet()) {
        if (!lives.getOrDefault(life.getKey(), Ranges.EMPTY).containsAll(life.getValue())) {
          return false;
        }
      }
      return true;
    }
  }

  private final NavigableMap<String, NodeClock> nodes;

  private CausalContext(NavigableMap<String, NodeClock> nodes) {
    this.nodes = nodes;
  }

  static CausalContext of(NavigableMap<String, NodeClock> nodes) {
    return nodes.isEmpty() ? EMPTY : new CausalContext(new TreeMap<>(nodes));
  }

  SortedMap<String, NodeClock> nodes() {
    return Collections.unmodifiableSortedMap(nodes);
  }

  /** True for the context of what nobody has written. */
  public boolean isEmpty() {
    return nodes.isEmpty();
  }

  /** True when the dot is seen. */
  public boolean contains(Dot dot) {
    NodeClock clock = nodes.get(dot.actor().node());
    return clock != null && clock.contains(dot.actor().life(), dot.event());
  }

  /** True when every dot of the other context is seen. */
  public boolean containsAll(CausalContext other) {
    return other.nodes.entrySet().stream()
        .allMatch(node ->
            nodes.getOrDefault(node.getKey(), NodeClock.EMPTY).containsAll(node.getValue()));
  }

  /** Union of both. */
  public CausalContext join(CausalContext other) {
    if (other.isEmpty()) {
      return this;
    }
    if (isEmpty()) {
      return other;
    }
    TreeMap<String, NodeClock> joined = new TreeMap<>(nodes);
    other.nodes.forEach((node, clock) -> joined.merge(node, clock, NodeClock::join));
    return new CausalContext(joined);
  }

  /** Greatest event seen of an actor, 0 for none. */
  public long lastEvent(Actor actor) {
    return clock(actor.node()).lives().getOrDefault(actor.life(), Ranges.EMPTY).max();
  }

  /** Life of a node below which everything is seen, 0 for none. */
  public long floor(String node) {
    return clock(node).floor();
  }

  /** Greatest life of a node that is seen or lies below the floor, 0 for none. */
  public long lastLife(String node) {
    NodeClock clock = clock(node);
    long seen = clock.lives().isEmpty() ? 0 : clock.lives().lastKey();
    return Math.max(seen, clock.floor() - 1);
  }

  /** Number of lives that are kept apart, of all nodes: what the context's size grows with. */
  public int size() {
    return nodes.values().stream().mapToInt(clock -> Math.max(1, clock.lives().size())).sum();
  }

  /** Names of the nodes of which anything is seen, in order. */
  public Iterable<String> nodeNames() {
    return Collections.unmodifiableSet(nodes.keySet());
  }

  /** The lives of a node that are kept apart, in order. */
  public List<Actor> actorsOf(String node) {
    return clock(node).lives().keySet().stream().map(life -> new Actor(node, life)).toList();
  }

  /** True when a dot is seen without one before it: a delta is missing. */
  public boolean hasGaps() {
    return nodes.values().stream()
        .flatMap(clock -> clock.lives().values().stream())
        .anyMatch(events -> !events.isWithoutGaps());
  }

  NodeClock clock(String node) {
    return nodes.getOrDefault(node, NodeClock.EMPTY);
  }

  CausalContext withFloor(String node, long floor) {
    TreeMap<String, NodeClock> raised = new TreeMap<>(nodes);
    raised.merge(node, new NodeClock(floor, new TreeMap<>()), NodeClock::join);
    return new CausalContext(raised);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CausalContext context && nodes.equals(context.nodes);
  }

  @Override
  public int hashCode() {
    return nodes.hashCode();
  }

  /** Nodes with their lives and events, for logs: {@code n1@5:[1..3] n2<9@9:[1..1]}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, NodeClock> node : nodes.entrySet()) {
      text.append(text.isEmpty() ? "" : " ").append(node.getKey());
      if (node.getValue().floor() > 0) {
        text.append('<').append(node.getValue().floor());
      }
      Iterator<Map.Entry<Long, Ranges>> lives = node.getValue().lives().entrySet().iterator();
      while (lives.hasNext()) {
        Map.Entry<Long, Ranges> life = lives.next();
        text.append('@').append(life.getKey()).append(':').append(life.getValue());
      }
    }
    return text.toString();
  }

  /** Collects dots into a context. */
  static final class Builder {
    private final TreeMap<String, TreeMap<Long, Ranges>> nodes = new TreeMap<>();

    void add(Dot dot) {
      addRange(dot.actor(), dot.event(), dot.event());
    }

    void addRange(Actor actor, long first, long last) {
      nodes
          .computeIfAbsent(actor.node(), name -> new TreeMap<>())
          .merge(actor.life(), Ranges.of(first, last), Ranges::union);
    }

    CausalContext build() {
      TreeMap<String, NodeClock> clocks = new TreeMap<>();
      nodes.forEach((node, lives) -> clocks.put(node, new NodeClock(0, lives)));
      return of(clocks);
    }
  }
}
