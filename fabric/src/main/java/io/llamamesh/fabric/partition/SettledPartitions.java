package io.llamamesh.fabric.partition;

import io.llamamesh.fabric.partition.Partition.Direction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Memory of the blocks that are named, so that one that heals is not named anew with every row that
 * is taken back. A block that has been named for {@link #STABLE} and of which a part is left stays
 * as it was until it is gone, or has been that part for {@link #HELD}. What is new or has grown is
 * taken at once.
 *
 * <p>Pure; times are of a monotonic clock, in nanoseconds. For one thread.
 */
public final class SettledPartitions {

  private static final long MS = 1_000_000L;

  /** A younger block is still coming about, and parts of it were named first. */
  public static final long STABLE = 2_000 * MS;

  /** Who did not hear another asks it once a second, and is asked so. */
  public static final long HELD = 1_500 * MS;

  /** A block, whoever reaches both of its sides. */
  private record Key(
      List<String> sideA, List<String> sideB, Direction direction, boolean probesOnly) {
    static Key of(Partition block) {
      return new Key(block.sideA(), block.sideB(), block.direction(), block.probesOnly());
    }
  }

  private List<Partition> named = List.of();
  private final Map<Key, Long> since = new HashMap<>();
  private final Map<Key, Long> narrowed = new HashMap<>();

  /** True while a block is named that is only held: ask again soon. */
  public boolean isHolding() {
    return !narrowed.isEmpty();
  }

  /**
   * The blocks to name.
   *
   * @param found those of the rows as they are now
   */
  public List<Partition> next(List<Partition> found, long now) {
    Set<Partition> next = new LinkedHashSet<>(found);
    Map<Key, Long> held = new HashMap<>();
    for (Partition old : named) {
      List<Partition> rest = found.stream().filter(block -> overlaps(block, old)).toList();
      if (rest.isEmpty() || rest.stream().anyMatch(block -> covers(block, old))) {
        continue;
      }
      Key key = Key.of(old);
      long from = narrowed.getOrDefault(key, now);
      boolean isStable = from - since.getOrDefault(key, from) >= STABLE;
      if (isStable && now - from < HELD) {
        rest.forEach(next::remove);
        next.add(old);
        held.put(key, from);
      }
    }
    narrowed.clear();
    narrowed.putAll(held);
    named = new ArrayList<>(next);
    named.sort(Partitions.ORDER);
    Map<Key, Long> known = new HashMap<>(since);
    since.clear();
    for (Partition block : named) {
      since.put(Key.of(block), known.getOrDefault(Key.of(block), now));
    }
    return List.copyOf(named);
  }

  private static boolean overlaps(Partition one, Partition other) {
    return (meet(one.sideA(), other.sideA()) && meet(one.sideB(), other.sideB()))
        || (meet(one.sideA(), other.sideB()) && meet(one.sideB(), other.sideA()));
  }

  private static boolean meet(List<String> one, List<String> other) {
    Set<String> names = Set.copyOf(one);
    return other.stream().anyMatch(names::contains);
  }

  /** True when whoever does not hear another in the one does not hear it in the other either. */
  private static boolean covers(Partition block, Partition part) {
    if (block.probesOnly() && !part.probesOnly()) {
      return false;
    }
    Direction direction = block.direction();
    boolean inOrder =
        isWithin(part.sideA(), block.sideA()) && isWithin(part.sideB(), block.sideB());
    boolean crossed =
        isWithin(part.sideA(), block.sideB()) && isWithin(part.sideB(), block.sideA());
    return direction == Direction.BOTH
        ? inOrder || crossed
        : (inOrder && direction == part.direction())
            || (crossed && direction != part.direction() && part.direction() != Direction.BOTH);
  }

  private static boolean isWithin(List<String> part, List<String> all) {
    return all.size() >= part.size() && Set.copyOf(all).containsAll(part);
  }
}
