package io.llamamesh.scraper.matrix;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cells of one series in the order of their windows, packed into one array: at 1,000 nodes there
 * are seven million of them, and 22 bytes each is what makes them fit. RTTs keep three digits;
 * counts above 65,535 cost 12 bytes a cell more. Not thread-safe: {@link Matrix} owns it.
 */
final class CellColumns {
  private static final short[] EMPTY = new short[0];
  private static final int MASK = 0xffff;

  // Where a cell's numbers are in its eleven halves.
  private static final int END_LOW = 0;
  private static final int END_HIGH = 1;
  private static final int COUNTS = 2;
  private static final int P50 = 8;
  private static final int P99 = 9;
  private static final int JITTER = 10;
  private static final int STRIDE = 11;

  // Which of the counts.
  static final int SENT = 0;
  static final int RECEIVED = 1;
  static final int LOST = 2;
  static final int REFUSED = 3;
  static final int FORWARD = 4;
  static final int RETURN = 5;
  static final int NUMBER_OF_COUNTS = 6;
  private static final int HIGH_STRIDE = NUMBER_OF_COUNTS;
  private static final int FEW = 4;

  private int size;
  private short[] packed = EMPTY;
  // The counts' upper halves, where one of them has any.
  private short @Nullable [] high;

  int size() {
    return size;
  }

  long end(int index) {
    int at = index * STRIDE;
    return (packed[at + END_LOW] & MASK) | (long) (packed[at + END_HIGH] & MASK) << 16;
  }

  Cell get(int index) {
    return new Cell(
        end(index),
        count(index, SENT),
        count(index, RECEIVED),
        count(index, LOST),
        count(index, REFUSED),
        count(index, FORWARD),
        count(index, RETURN),
        rttP50(index),
        rttP99(index),
        jitter(index));
  }

  double rttP50(int index) {
    return Float.float16ToFloat(packed[index * STRIDE + P50]);
  }

  double rttP99(int index) {
    return Float.float16ToFloat(packed[index * STRIDE + P99]);
  }

  double jitter(int index) {
    return Float.float16ToFloat(packed[index * STRIDE + JITTER]);
  }

  /** Puts the cell at its window's place; one of the same window is replaced. */
  void put(Cell cell) {
    int index = firstAtOrAfter(cell.end());
    if (index == size || end(index) != cell.end()) {
      insert(index);
    }
    set(index, cell);
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
      if (high != null) {
        System.arraycopy(high, count * HIGH_STRIDE, high, 0, (size - count) * HIGH_STRIDE);
      }
      size -= count;
      trim();
    }
  }

  /** Gives back what a series that was caught up with needed, and will not need again. */
  private void trim() {
    if (packed.length / STRIDE > 4 * FEW + size + size / 8) {
      int capacity = size + FEW;
      packed = Arrays.copyOf(packed, capacity * STRIDE);
      high = high == null ? null : Arrays.copyOf(high, capacity * HIGH_STRIDE);
    }
  }

  private void set(int index, Cell cell) {
    int at = index * STRIDE;
    packed[at + END_LOW] = (short) cell.end();
    packed[at + END_HIGH] = (short) (cell.end() >>> 16);
    setCount(index, SENT, cell.sent());
    setCount(index, RECEIVED, cell.received());
    setCount(index, LOST, cell.lost());
    setCount(index, REFUSED, cell.refused());
    setCount(index, FORWARD, cell.forwardLost());
    setCount(index, RETURN, cell.returnLost());
    packed[at + P50] = Float.floatToFloat16((float) cell.rttP50());
    packed[at + P99] = Float.floatToFloat16((float) cell.rttP99());
    packed[at + JITTER] = Float.floatToFloat16((float) cell.jitter());
  }

  /** One of the counts. */
  long count(int index, int which) {
    int low = packed[index * STRIDE + COUNTS + which] & MASK;
    return high == null ? low : low | (long) (high[index * HIGH_STRIDE + which] & MASK) << 16;
  }

  private void setCount(int index, int which, long value) {
    int count = (int) Math.min(Integer.MAX_VALUE, value);
    packed[index * STRIDE + COUNTS + which] = (short) count;
    if (high == null && count > MASK) {
      high = new short[packed.length / STRIDE * HIGH_STRIDE];
    }
    if (high != null) {
      high[index * HIGH_STRIDE + which] = (short) (count >>> 16);
    }
  }

  private void insert(int index) {
    int capacity = packed.length / STRIDE;
    if (size == capacity) {
      // Few at a time: what all series have to spare is memory of which nothing else can be had.
      capacity = size + Math.max(FEW, size / 16);
      packed = Arrays.copyOf(packed, capacity * STRIDE);
      high = high == null ? null : Arrays.copyOf(high, capacity * HIGH_STRIDE);
    }
    shift(packed, STRIDE, index);
    if (high != null) {
      shift(high, HIGH_STRIDE, index);
    }
    size++;
  }

  private void shift(short[] cells, int stride, int index) {
    System.arraycopy(cells, index * stride, cells, (index + 1) * stride, (size - index) * stride);
  }
}
