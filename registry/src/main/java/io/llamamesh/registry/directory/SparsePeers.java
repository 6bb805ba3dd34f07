package io.llamamesh.registry.directory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whom a probe of a large group probes: its successor on each of k rings, on which all targets
 * stand in an order of their own.
 *
 * <p>Deterministic: it depends on who is in the group alone. Each target is probed by at most k of
 * the others, every one can be reached from every other along what is probed, and one that joins or
 * leaves changes at most k + 1 of the others' lists.
 */
final class SparsePeers {
  private final List<Entry> targets;
  private final long[][] hashes;
  private final int[][] order;

  /**
   * @param targets all that may be probed
   * @param rings k
   */
  SparsePeers(List<Entry> targets, int rings) {
    this.targets = List.copyOf(targets);
    this.hashes = new long[rings][targets.size()];
    this.order = new int[rings][];
    for (int ring = 0; ring < rings; ring++) {
      int number = ring;
      long[] unsorted = new long[targets.size()];
      for (int i = 0; i < unsorted.length; i++) {
        unsorted[i] = hash(number, targets.get(i).key());
      }
      Integer[] places = new Integer[unsorted.length];
      Arrays.setAll(places, i -> i);
      Arrays.sort(
          places,
          Comparator.<Integer>comparingLong(i -> unsorted[i])
              .thenComparing(i -> targets.get(i).key()));
      order[ring] = Arrays.stream(places).mapToInt(Integer::intValue).toArray();
      for (int i = 0; i < unsorted.length; i++) {
        hashes[ring][i] = unsorted[order[ring][i]];
      }
    }
  }

  /** The peers of a probe, which may be a target itself or none; never itself. */
  List<Entry> of(Entry source, int most) {
    Set<Entry> peers = new LinkedHashSet<>();
    for (int ring = 0; ring < order.length && peers.size() < most; ring++) {
      Entry successor = successor(ring, source);
      if (successor != null) {
        peers.add(successor);
      }
    }
    return new ArrayList<>(peers);
  }

  private @Nullable Entry successor(int ring, Entry source) {
    int count = order[ring].length;
    if (count == 0) {
      return null;
    }
    long place = hash(ring, source.key());
    int from = Arrays.binarySearch(hashes[ring], place);
    from = from < 0 ? -from - 1 : from;
    for (int step = 0; step < count; step++) {
      Entry next = targets.get(order[ring][(from + step) % count]);
      if (!next.key().equals(source.key())) {
        return next;
      }
    }
    return null;
  }

  /** FNV-1a over the text, finished as SplitMix64 does: the same in every process. */
  private static long hash(int ring, String key) {
    long hash = 0xcbf29ce484222325L ^ ring * 0x9e3779b97f4a7c15L;
    for (int i = 0; i < key.length(); i++) {
      hash = (hash ^ key.charAt(i)) * 0x100000001b3L;
    }
    hash = (hash ^ hash >>> 30) * 0xbf58476d1ce4e5b9L;
    hash = (hash ^ hash >>> 27) * 0x94d049bb133111ebL;
    return hash ^ hash >>> 31;
  }
}
