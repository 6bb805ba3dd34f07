package io.llamamesh.fabric.routes;

import io.llamamesh.fabric.linkstate.LinkStateAdEntry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The nodes that are reachable from this one by the word of those that are reachable: over links,
 * or since one of them vouches for it. What an unreachable node says counts for nothing.
 *
 * <p>Kept up to date edge by edge; only when the last known way to a node is gone and no other of
 * the same length is at hand is everything computed anew, by {@link #recompute}.
 */
public final class Reachability {

  private final LinkStateAdEntry root;
  private int[] depths = new int[16];
  private @Nullable LinkStateAdEntry[] parents = new LinkStateAdEntry[16];
  private boolean dirty;

  /** Only the root is reachable. */
  public Reachability(LinkStateAdEntry root) {
    this.root = root;
    Arrays.fill(depths, -1);
    ensure(root.index());
    depths[root.index()] = 0;
  }

  /** True when a node is reachable, as of the last computation. */
  public boolean isReachable(LinkStateAdEntry entry) {
    return entry.index() < depths.length && depths[entry.index()] >= 0;
  }

  /** True when something became unreachable, perhaps. */
  public boolean isDirty() {
    return dirty;
  }

  /**
   * A node's ad was replaced.
   *
   * @param added nodes that it hears now and did not before
   * @param removed nodes that it hears no more
   * @param reached takes those that are reachable now and were not
   */
  public void changed(
      LinkStateAdEntry from,
      List<LinkStateAdEntry> added,
      List<LinkStateAdEntry> removed,
      Collection<LinkStateAdEntry> reached) {
    for (LinkStateAdEntry to : removed) {
      if (to.index() < parents.length && parents[to.index()] == from && isReachable(to)) {
        adopt(to);
      }
    }
    if (!isReachable(from)) {
      return;
    }
    for (LinkStateAdEntry to : added) {
      spread(from, to, reached);
    }
  }

  /** Finds another way of the same length, or leaves it to a computation. */
  private void adopt(LinkStateAdEntry orphan) {
    int depth = depths[orphan.index()];
    for (int i = 0; i < orphan.degree(); i++) {
      LinkStateAdEntry other = orphan.neighbor(i);
      if (isReachable(other) && depths[other.index()] == depth - 1 && other.isHearing(orphan)) {
        parents[orphan.index()] = other;
        return;
      }
    }
    dirty = true;
  }

  private void spread(
      LinkStateAdEntry from, LinkStateAdEntry to, Collection<LinkStateAdEntry> reached) {
    ArrayDeque<LinkStateAdEntry> queue = new ArrayDeque<>();
    relax(from, to, queue, reached);
    while (!queue.isEmpty()) {
      relaxAll(queue.remove(), queue, reached);
    }
  }

  private void relaxAll(
      LinkStateAdEntry node,
      ArrayDeque<LinkStateAdEntry> queue,
      Collection<LinkStateAdEntry> reached) {
    for (int i = 0; i < node.degree(); i++) {
      relax(node, node.neighbor(i), queue, reached);
    }
    for (int i = 0; i < node.vouchedCount(); i++) {
      relax(node, node.vouched(i), queue, reached);
    }
  }

  private void relax(
      LinkStateAdEntry from,
      LinkStateAdEntry to,
      ArrayDeque<LinkStateAdEntry> queue,
      Collection<LinkStateAdEntry> reached) {
    ensure(to.index());
    int depth = depths[from.index()] + 1;
    int known = depths[to.index()];
    if (known < 0 || known > depth) {
      if (known < 0) {
        reached.add(to);
      }
      depths[to.index()] = depth;
      parents[to.index()] = from;
      queue.add(to);
    }
  }

  /**
   * Computes everything anew.
   *
   * @param entries all nodes
   * @param lost takes those that were reachable and are not
   */
  public void recompute(Collection<LinkStateAdEntry> entries, Collection<LinkStateAdEntry> lost) {
    dirty = false;
    int[] before = depths;
    depths = new int[before.length];
    Arrays.fill(depths, -1);
    Arrays.fill(parents, null);
    depths[root.index()] = 0;
    List<LinkStateAdEntry> reached = new ArrayList<>();
    ArrayDeque<LinkStateAdEntry> queue = new ArrayDeque<>();
    relaxAll(root, queue, reached);
    while (!queue.isEmpty()) {
      relaxAll(queue.remove(), queue, reached);
    }
    for (LinkStateAdEntry entry : entries) {
      int index = entry.index();
      if (index < before.length && before[index] >= 0 && depths[index] < 0) {
        lost.add(entry);
      }
    }
  }

  /** A node is taken out, and its index may be used again. */
  public void gone(LinkStateAdEntry entry) {
    if (entry.index() < depths.length) {
      depths[entry.index()] = -1;
      parents[entry.index()] = null;
    }
  }

  private void ensure(int index) {
    if (index >= depths.length) {
      int size = Math.max(index + 1, depths.length * 2);
      int old = depths.length;
      depths = Arrays.copyOf(depths, size);
      Arrays.fill(depths, old, size, -1);
      parents = Arrays.copyOf(parents, size);
    }
  }
}
