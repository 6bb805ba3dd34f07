package io.llamamesh.scraper.matrix;

import java.util.Arrays;

/**
 * Cells of one series in the order of their windows, packed into one array: at 1,000 nodes there
 * are seven million of them, and 28 bytes each is what makes them fit. RTTs keep three digits. Not
 * thread-safe: {@link Matrix} owns it.
 */
final class CellColumns {
  private static final int[] EMPTY = new int[0];
  private static final int MAX_SHORT = 0xffff;

  // Where a cell's numbers are in its seven ints.
  private static final int END = 0;
  private static final int SENT = 1;
  private static final int RECEIVED = 2;
  private static final int LOST = 3;
  private static final int REFUSED_AND_FORWARD = 4;
  private static final int RETURN_AND_P50 = 5;
  private static final int P99_AND_JITTER = 6;
  private static final int STRIDE = 7;
  private static final int FEW = 4;

  private int size;
  private int[] packed = EMPTY;

  int size() {
    return size;
  }

  long end(int index) {
    return Integer.toUnsignedLong(packed[index * STRIDE + END]);
  }

  Cell get(int index) {
    int at = index * STRIDE;
    return new Cell(
        end(index),
        packed[at + SENT],
        packed[at + RECEIVED],
        packed[at + LOST],
        packed[at + REFUSED_AND_FORWARD] >>> 16,
        packed[at + REFUSED_AND_FORWARD] & MAX_SHORT,
        packed[at + RETURN_AND_P50] >>> 16,
        rtt(packed[at + RETURN_AND_P50]),
        rtt(packed[at + P99_AND_JITTER] >>> 16),
        rtt(packed[at + P99_AND_JITTER]));
  }

  /** Puts the cell at its window's place; one of the same window is replaced. */
  void put(Cell cell) {
    int index = firstAtOrAfter(cell.end());
    if (index == size || end(index) != cell.end()) {
      insert(index);
    }
    set(index * STRIDE, cell);
  }

  /** Index of the first cell that ends at or after that second; {@link #size} without one. */
  int firstAtOrAfter(long second) {
    int index = size;
    // New windows come last, so looking from the back is a step or none.
    while (index > 0 && end(index - 1) >= second) {
      index--;
    }
    return index;
  }

  /** Drops the oldest cells. */
  void dropFirst(int count) {
    if (count > 0) {
      System.arraycopy(packed, count * STRIDE, packed, 0, (size - count) * STRIDE);
      size -= count;
    }
  }

  private void set(int at, Cell cell) {
    packed[at + END] = (int) cell.end();
    packed[at + SENT] = count(cell.sent());
    packed[at + RECEIVED] = count(cell.received());
    packed[at + LOST] = count(cell.lost());
    packed[at + REFUSED_AND_FORWARD] = small(cell.refused()) << 16 | small(cell.forwardLost());
    packed[at + RETURN_AND_P50] = small(cell.returnLost()) << 16 | half(cell.rttP50());
    packed[at + P99_AND_JITTER] = half(cell.rttP99()) << 16 | half(cell.jitter());
  }

  private void insert(int index) {
    if (size * STRIDE == packed.length) {
      packed = Arrays.copyOf(packed, (size + Math.max(FEW, size / 8)) * STRIDE);
    }
    System.arraycopy(packed, index * STRIDE, packed, (index + 1) * STRIDE, (size - index) * STRIDE);
    size++;
  }

  private static int count(long value) {
    return (int) Math.min(Integer.MAX_VALUE, value);
  }

  private static int small(long value) {
    return (int) Math.min(MAX_SHORT, value);
  }

  private static int half(double millis) {
    return Float.floatToFloat16((float) millis) & MAX_SHORT;
  }

  private static double rtt(int half) {
    return Float.float16ToFloat((short) half);
  }
}
