package io.llamamesh.fabric.partition;

import io.llamamesh.fabric.linkstate.Unheard;
import io.llamamesh.fabric.partition.Partition.Direction;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Groups rows of "cannot hear" into blocks. Nodes with the same row are one group; blocks that have
 * a side in common become one, unless members of the new side cannot hear each other. Where nodes
 * watch only some of the others, so that rows differ for that reason alone, groups are those that
 * are still linked among themselves.
 */
public final class Partitions {

  /** Blocks by the first names of their sides. */
  static final Comparator<Partition> ORDER =
      Comparator.comparing((Partition block) -> block.sideA().getFirst())
          .thenComparing(block -> block.sideB().getFirst());

  /** Groups of one trouble up to which blocks are looked for by rows. */
  private static final int MAX_GROUPS = 24;

  /**
   * The word of one node that is known to live.
   *
   * @param node its name
   * @param unheard whom it does not hear as it should
   * @param neighbors whom it is linked to
   * @param watched how many peers it watches
   */
  public record Row(String node, List<Unheard> unheard, List<String> neighbors, int watched) {}

  private final List<String> names = new ArrayList<>();
  private final Map<String, Integer> numbers = new TreeMap<>();
  private final List<BitSet> unheard = new ArrayList<>();
  private final List<BitSet> linked = new ArrayList<>();
  private final List<BitSet> deadTo = new ArrayList<>();
  private final List<BitSet> probeKind = new ArrayList<>();
  private final BitSet watchesAll = new BitSet();

  private Partitions(Collection<Row> rows) {
    for (Row row : rows) {
      numbers.put(row.node(), 0);
    }
    for (Map.Entry<String, Integer> each : numbers.entrySet()) {
      each.setValue(names.size());
      names.add(each.getKey());
      unheard.add(new BitSet());
      linked.add(new BitSet());
      deadTo.add(new BitSet());
      probeKind.add(new BitSet());
    }
    for (Row row : rows) {
      read(row);
    }
  }

  /** The blocks among nodes that are known to live; what is said of others counts for nothing. */
  public static List<Partition> find(Collection<Row> rows) {
    boolean quiet = true;
    for (Row row : rows) {
      quiet &= row.unheard().isEmpty();
    }
    return quiet ? List.of() : new Partitions(rows).find();
  }

  /**
   * True when a node of each side says that it does not hear one of the other as it should, or is
   * not heard: then both are known to live and to be heard since. Of a node that has just died, or
   * is cut from all, only the other side speaks.
   */
  public static boolean isMutual(Partition block, Collection<Row> rows) {
    return isSaid(block.sideA(), block.sideB(), rows) && isSaid(block.sideB(), block.sideA(), rows);
  }

  private static boolean isSaid(List<String> by, List<String> of, Collection<Row> rows) {
    Set<String> speakers = Set.copyOf(by);
    Set<String> accused = Set.copyOf(of);
    return rows.stream()
        .filter(row -> speakers.contains(row.node()))
        .anyMatch(row -> row.unheard().stream().anyMatch(each -> accused.contains(each.node())));
  }

  private void read(Row row) {
    int from = numbers.getOrDefault(row.node(), -1);
    if (row.watched() >= names.size() - 1) {
      watchesAll.set(from);
    }
    for (String neighbor : row.neighbors()) {
      int to = numbers.getOrDefault(neighbor, -1);
      if (to >= 0) {
        linked.get(from).set(to);
        linked.get(to).set(from);
      }
    }
    for (Unheard entry : row.unheard()) {
      int to = numbers.getOrDefault(entry.node(), -1);
      if (to < 0 || to == from) {
        continue;
      }
      switch (entry.hearing()) {
        case SILENT -> markDead(to, from);
        case NO_PROBES -> {
          markDead(to, from);
          markProbes(from, to);
        }
        case UNHEARD_BY_PEER -> markDead(from, to);
        case PROBES_UNHEARD_BY_PEER -> {
          markDead(from, to);
          markProbes(from, to);
        }
        case HEARD, REFUSED -> {}
      }
    }
  }

  private void markDead(int from, int to) {
    deadTo.get(from).set(to);
    unheard.get(from).set(to);
    unheard.get(to).set(from);
  }

  private void markProbes(int a, int b) {
    probeKind.get(a).set(b);
    probeKind.get(b).set(a);
  }

  private List<Partition> find() {
    List<Partition> blocks = new ArrayList<>();
    BitSet seen = new BitSet();
    for (int start = 0; start < names.size(); start++) {
      if (!seen.get(start) && !unheard.get(start).isEmpty()) {
        BitSet trouble = component(start, unheard, null);
        seen.or(trouble);
        for (BitSet[] sides : sides(trouble)) {
          blocks.add(block(sides[0], sides[1]));
        }
      }
    }
    blocks.sort(ORDER);
    return blocks;
  }

  /** All that are connected with a node, within some. */
  private BitSet component(int start, List<BitSet> edges, @Nullable BitSet within) {
    BitSet component = new BitSet();
    ArrayDeque<Integer> queue = new ArrayDeque<>();
    component.set(start);
    queue.add(start);
    while (!queue.isEmpty()) {
      int node = queue.remove();
      BitSet next = (BitSet) edges.get(node).clone();
      next.andNot(component);
      if (within != null) {
        next.and(within);
        next.andNot(unheard.get(node));
      }
      component.or(next);
      next.stream().forEach(queue::add);
    }
    return component;
  }

  private List<BitSet[]> sides(BitSet trouble) {
    List<BitSet> groups = equalRows(trouble);
    if (groups.size() > MAX_GROUPS) {
      return betweenGroups(linkedGroups(trouble));
    }
    List<BitSet[]> exact = merge(betweenGroups(groups));
    BitSet blind = (BitSet) trouble.clone();
    blind.andNot(watchesAll);
    if (exact.size() > 1 && !blind.isEmpty()) {
      List<BitSet> byLinks = linkedGroups(trouble);
      List<BitSet[]> inferred = betweenGroups(byLinks);
      if (inferred.size() < exact.size() && byLinks.stream().noneMatch(this::hasUnheardPair)) {
        return inferred;
      }
    }
    return exact;
  }

  private List<BitSet> equalRows(BitSet trouble) {
    Map<BitSet, BitSet> groups = new LinkedHashMap<>();
    trouble.stream()
        .forEach(node -> groups.computeIfAbsent(unheard.get(node), r -> new BitSet()).set(node));
    return new ArrayList<>(groups.values());
  }

  private List<BitSet> linkedGroups(BitSet trouble) {
    List<BitSet> groups = new ArrayList<>();
    BitSet rest = (BitSet) trouble.clone();
    while (!rest.isEmpty()) {
      BitSet group = component(rest.nextSetBit(0), linked, trouble);
      groups.add(group);
      rest.andNot(group);
    }
    return groups;
  }

  private boolean hasUnheardPair(BitSet group) {
    return group.stream().anyMatch(node -> unheard.get(node).intersects(group));
  }

  private boolean isCut(BitSet a, BitSet b) {
    return a.stream().anyMatch(node -> unheard.get(node).intersects(b));
  }

  private List<BitSet[]> betweenGroups(List<BitSet> groups) {
    List<BitSet[]> pairs = new ArrayList<>();
    for (int i = 0; i < groups.size(); i++) {
      for (int j = i + 1; j < groups.size(); j++) {
        if (isCut(groups.get(i), groups.get(j))) {
          pairs.add(new BitSet[] {groups.get(i), groups.get(j)});
        }
      }
    }
    return pairs;
  }

  /** Joins blocks that have a side in common, the largest first, until none is left. */
  private List<BitSet[]> merge(List<BitSet[]> blocks) {
    List<BitSet[]> merged = new ArrayList<>(blocks);
    while (true) {
      int bestArea = 0;
      int first = -1;
      int second = -1;
      BitSet @Nullable [] best = null;
      for (int i = 0; i < merged.size(); i++) {
        for (int j = i + 1; j < merged.size(); j++) {
          BitSet @Nullable [] candidate = joined(merged.get(i), merged.get(j));
          if (candidate != null) {
            int area = candidate[0].cardinality() * candidate[1].cardinality();
            if (area > bestArea) {
              bestArea = area;
              first = i;
              second = j;
              best = candidate;
            }
          }
        }
      }
      if (best == null) {
        return merged;
      }
      merged.remove(second);
      merged.set(first, best);
    }
  }

  private BitSet @Nullable [] joined(BitSet[] one, BitSet[] other) {
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 2; j++) {
        if (one[i].equals(other[j])) {
          BitSet side = (BitSet) one[1 - i].clone();
          side.or(other[1 - j]);
          return hasUnheardPair(side) ? null : new BitSet[] {one[i], side};
        }
      }
    }
    return null;
  }

  private Partition block(BitSet one, BitSet other) {
    boolean inOrder = one.nextSetBit(0) < other.nextSetBit(0);
    BitSet a = inOrder ? one : other;
    BitSet b = inOrder ? other : one;
    boolean aToB = a.stream().anyMatch(node -> deadTo.get(node).intersects(b));
    boolean bToA = b.stream().anyMatch(node -> deadTo.get(node).intersects(a));
    // Who has no link to the other side by design is silent too: it cannot know better.
    boolean probes = a.stream().anyMatch(node -> probeKind.get(node).intersects(b));
    List<String> via = new ArrayList<>();
    int count = 0;
    for (int node = 0; node < names.size(); node++) {
      if (!a.get(node)
          && !b.get(node)
          && !unheard.get(node).intersects(a)
          && !unheard.get(node).intersects(b)) {
        count++;
        if (via.size() < Partition.MAX_VIA) {
          via.add(names.get(node));
        }
      }
    }
    Direction direction =
        aToB && bToA ? Direction.BOTH : aToB ? Direction.A_TO_B : Direction.B_TO_A;
    return new Partition(named(a), named(b), direction, probes, via, count);
  }

  private List<String> named(BitSet nodes) {
    return nodes.stream().mapToObj(names::get).toList();
  }
}
