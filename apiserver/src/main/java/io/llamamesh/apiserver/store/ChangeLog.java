package io.llamamesh.apiserver.store;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last changes of one resource. A reader keeps its own position, so a slow one costs no memory
 * and delays nobody; one whose position is older than the oldest change kept fails ({@link
 * #hasPosition}). Guarded by the store's lock.
 */
final class ChangeLog {
  private final @Nullable ObjectChange[] ring;
  private long next;
  private long droppedRevision;

  ChangeLog(int capacity) {
    this.ring = new ObjectChange[capacity];
  }

  void add(ObjectChange change) {
    int slot = (int) (next % ring.length);
    ObjectChange oldest = ring[slot];
    if (oldest != null) {
      droppedRevision = oldest.object().revision();
    }
    ring[slot] = change;
    next++;
  }

  /** True when every change after a revision is still here. */
  boolean hasAllSince(long revision) {
    return revision >= droppedRevision;
  }

  /** The position of the first change after a revision. */
  long positionAfter(long revision) {
    long low = oldest();
    long high = next;
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (at(middle).object().revision() <= revision) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  boolean hasPosition(long position) {
    return position >= oldest();
  }

  boolean hasMore(long position) {
    return position < next;
  }

  List<ObjectChange> from(long position, int atMost) {
    List<ObjectChange> changes = new ArrayList<>();
    for (long p = position; p < next && changes.size() < atMost; p++) {
      changes.add(at(p));
    }
    return changes;
  }

  private long oldest() {
    return Math.max(0, next - ring.length);
  }

  private ObjectChange at(long position) {
    ObjectChange change = ring[(int) (position % ring.length)];
    if (change == null) {
      throw new IllegalStateException("no change at position=" + position);
    }
    return change;
  }
}
