package io.llamamesh.scraper.matrix;

import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Packed cells of the source ports of one series' lossy windows, sorted by window and port. Not
 * thread-safe: {@link Matrix} owns it.
 */
final class PathColumns {
  // Shared empty arrays: most pairs lose nothing.
  private static final long[] NO_LONGS = new long[0];
  private static final int[] NO_INTS = new int[0];
  private static final float[] NO_FLOATS = new float[0];

  /** Usual number of a pair's source ports. */
  private static final int FEW = 4;

  private int size;
  private long[] windowAndPort = NO_LONGS;
  private int[] sent = NO_INTS;
  private int[] lost = NO_INTS;
  private float[] rtt = NO_FLOATS;

  boolean isEmpty() {
    return size == 0;
  }

  void put(long end, PathCell cell) {
    long key = key(end, cell.sourcePort());
    int index = Arrays.binarySearch(windowAndPort, 0, size, key);
    if (index < 0) {
      index = -index - 1;
      insert(index);
    }
    windowAndPort[index] = key;
    sent[index] = (int) Math.min(Integer.MAX_VALUE, cell.sent());
    lost[index] = (int) Math.min(Integer.MAX_VALUE, cell.lost());
    rtt[index] = (float) cell.rtt();
  }

  /** Adds the cells of windows that end in {@code [fromEnd, toEnd]} up, by port. */
  void pool(long fromEnd, long toEnd, NavigableMap<Integer, PathCell> into) {
    for (int i = from(fromEnd); i < size && windowAndPort[i] >>> 16 <= toEnd; i++) {
      int port = (int) (windowAndPort[i] & 0xffff);
      into.merge(port, new PathCell(port, sent[i], lost[i], rtt[i]), PathCell::plus);
    }
  }

  /** Collects the cells of each window's ports, for the history of a pair. */
  void windows(long fromEnd, long toEnd, Map<Long, NavigableMap<Integer, PathCell>> into) {
    for (int i = from(fromEnd); i < size && windowAndPort[i] >>> 16 <= toEnd; i++) {
      int port = (int) (windowAndPort[i] & 0xffff);
      into.computeIfAbsent(windowAndPort[i] >>> 16, end -> new TreeMap<>())
          .merge(port, new PathCell(port, sent[i], lost[i], rtt[i]), PathCell::plus);
    }
  }

  /** Drops the cells of windows before an end; returns their number. */
  int dropBefore(long end) {
    int count = from(end);
    if (count > 0) {
      shift(count, 0, size - count);
      size -= count;
      if (size == 0) {
        windowAndPort = NO_LONGS;
        sent = NO_INTS;
        lost = NO_INTS;
        rtt = NO_FLOATS;
      } else if (windowAndPort.length > 2 * (size + FEW)) {
        resize(size);
      }
    }
    return count;
  }

  /** True if another cell needs more memory. */
  boolean isFull() {
    return size == windowAndPort.length;
  }

  /** Cells for which memory is allocated. */
  int capacity() {
    return windowAndPort.length;
  }

  private int from(long end) {
    int index = Arrays.binarySearch(windowAndPort, 0, size, key(end, 0));
    return index < 0 ? -index - 1 : index;
  }

  private static long key(long end, int port) {
    return end << 16 | (port & 0xffff);
  }

  private void insert(int index) {
    if (size == windowAndPort.length) {
      resize(size + Math.max(FEW, size / 2));
    }
    shift(index, index + 1, size - index);
    size++;
  }

  private void resize(int capacity) {
    windowAndPort = Arrays.copyOf(windowAndPort, capacity);
    sent = Arrays.copyOf(sent, capacity);
    lost = Arrays.copyOf(lost, capacity);
    rtt = Arrays.copyOf(rtt, capacity);
  }

  private void shift(int source, int target, int count) {
    System.arraycopy(windowAndPort, source, windowAndPort, target, count);
    System.arraycopy(sent, source, sent, target, count);
    System.arraycopy(lost, source, lost, target, count);
    System.arraycopy(rtt, source, rtt, target, count);
  }
}
