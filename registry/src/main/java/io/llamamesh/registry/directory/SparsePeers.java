package io.llamamesh.registry.directory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The peers of a probe in a large group: its successor on each of k rings, on which all targets
 * stand in an order of their own.
 *
 * <p>Deterministic: it depends on who is in the group alone. Each target is probed by at most k of
 * the others, every one can be reached from every other along what is probed, and one that joins or
 * leaves changes at most k + 1 of the others' lists.
 */
final class SparsePeers {
  /** Bits of a place on a ring that hold the target's number. */
  private static final int NUMBER_BITS = 20;

  private static final long NUMBER = (1L << NUMBER_BITS) - 1;

  private final List<RegisteredProbe> targets;

  /** By ring: places in order, the number of the target there in their low bits. */
  private final long[][] rings;

  /**
   * Made anew with each change of a group: numbers, not objects, are sorted.
   *
   * @param targets all that may be probed, a million at most
   * @param rings k
   */
  SparsePeers(List<RegisteredProbe> targets, int rings) {
    this.targets = List.copyOf(targets);
    long[] hashes = targets.stream().mapToLong(target -> hash(target.key())).toArray();
    this.rings = new long[rings][hashes.length];
    for (int ring = 0; ring < rings; ring++) {
      for (int i = 0; i < hashes.length; i++) {
        this.rings[ring][i] = place(ring, hashes[i]) | i;
      }
      Arrays.sort(this.rings[ring]);
    }
  }

  /** The peers of a probe, which may be a target itself or none; never itself. */
  List<RegisteredProbe> of(RegisteredProbe source, int most) {
    Set<RegisteredProbe> peers = new LinkedHashSet<>();
    long hash = hash(source.key());
    for (int ring = 0; ring < rings.length && peers.size() < most; ring++) {
      RegisteredProbe successor = successor(ring, hash, source);
      if (successor != null) {
        peers.add(successor);
      }
    }
    return new ArrayList<>(peers);
  }

  private @Nullable RegisteredProbe successor(int ring, long hash, RegisteredProbe source) {
    long[] places = rings[ring];
    int from = Arrays.binarySearch(places, place(ring, hash));
    from = from < 0 ? -from - 1 : from;
    for (int step = 0; step < places.length; step++) {
      RegisteredProbe next = targets.get((int) (places[(from + step) % places.length] & NUMBER));
      if (!next.key().equals(source.key())) {
        return next;
      }
    }
    return null;
  }

  /** The place of a hash on a ring, with room for a number: SplitMix64's finish. */
  private static long place(int ring, long hash) {
    long mixed = hash + (ring + 1) * 0x9e3779b97f4a7c15L;
    mixed = (mixed ^ mixed >>> 30) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
    return (mixed ^ mixed >>> 31) & ~NUMBER;
  }

  /** FNV-1a over the text: the same in every process. */
  private static long hash(String key) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < key.length(); i++) {
      hash = (hash ^ key.charAt(i)) * 0x100000001b3L;
    }
    return hash;
  }
}
