package io.llamamesh.fabric.crdt;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Set of event numbers as disjoint ranges, in order and never adjacent: nearly always the one range
 * from 1, with gaps only while a delta is missing. Equal sets are equal objects.
 */
final class Ranges {

  static final Ranges EMPTY = new Ranges(new long[0]);

  /** First and last of each range in turn. */
  private final long[] bounds;

  private Ranges(long[] bounds) {
    this.bounds = bounds;
  }

  static Ranges of(long first, long last) {
    return new Ranges(new long[] {first, last});
  }

  /**
   * Ranges from their bounds.
   *
   * @throws IllegalArgumentException when they are not disjoint, in order and apart
   */
  static Ranges ofBounds(long[] bounds) {
    for (int i = 0; i < bounds.length; i += 2) {
      long least = i == 0 ? 1 : bounds[i - 1] + 2;
      if (bounds[i] < least
          || bounds[i + 1] < bounds[i]
          || bounds[i + 1] > DocumentLimits.MAX_EVENT) {
        throw new IllegalArgumentException("event ranges out of order");
      }
    }
    return new Ranges(bounds.clone());
  }

  boolean isEmpty() {
    return bounds.length == 0;
  }

  int count() {
    return bounds.length / 2;
  }

  long first(int range) {
    return bounds[2 * range];
  }

  long last(int range) {
    return bounds[2 * range + 1];
  }

  long max() {
    return bounds.length == 0 ? 0 : bounds[bounds.length - 1];
  }

  /** True when no number below the greatest is missing. */
  boolean isWithoutGaps() {
    return bounds.length == 0 || (bounds.length == 2 && bounds[0] == 1);
  }

  boolean contains(long event) {
    int low = 0;
    int high = count() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (event < first(middle)) {
        high = middle - 1;
      } else if (event > last(middle)) {
        low = middle + 1;
      } else {
        return true;
      }
    }
    return false;
  }

  boolean containsAll(Ranges other) {
    return union(other).equals(this);
  }

  Ranges union(Ranges other) {
    if (other.isEmpty()) {
      return this;
    }
    if (isEmpty()) {
      return other;
    }
    long[] merged = new long[bounds.length + other.bounds.length];
    int size = 0;
    int ours = 0;
    int theirs = 0;
    while (ours < count() || theirs < other.count()) {
      boolean takeOurs =
          theirs == other.count() || (ours < count() && first(ours) <= other.first(theirs));
      long first = takeOurs ? first(ours) : other.first(theirs);
      long last = takeOurs ? last(ours++) : other.last(theirs++);
      if (size > 0 && first <= merged[size - 1] + 1) {
        merged[size - 1] = Math.max(merged[size - 1], last);
      } else {
        merged[size++] = first;
        merged[size++] = last;
      }
    }
    return new Ranges(Arrays.copyOf(merged, size));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Ranges ranges && Arrays.equals(bounds, ranges.bounds);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bounds);
  }

  @Override
  public String toString() {
    return Arrays.toString(bounds);
  }
}
