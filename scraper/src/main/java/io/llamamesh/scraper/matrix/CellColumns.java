package io.llamamesh.scraper.matrix;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Packed cells of one series, by window, in one array: at 1,000 nodes there are seven million of
 * them, which fit at 20 bytes each. RTTs keep three digits; counts above 65,535 cost 12 bytes a
 * cell more, and 8 where something was skipped, stalled, suppressed or not sent; the first and the
 * last window may be 65,535 units of time apart. Not thread-safe: {@link Matrix} owns it.
 */
final class CellColumns {
  private static final short[] EMPTY = new short[0];
  private static final int MASK = 0xffff;

  // Offsets of a cell's numbers, in shorts.
  private static final int END = 0;
  private static final int COUNTS = 1;
  private static final int P50 = 7;
  private static final int P99 = 8;
  private static final int JITTER = 9;
  private static final int STRIDE = 10;

  // Indices of the counts.
  static final int SENT = 0;
  static final int RECEIVED = 1;
  static final int LOST = 2;
  static final int REFUSED = 3;
  static final int FORWARD = 4;
  static final int RETURN = 5;
  static final int NUMBER_OF_COUNTS = 6;
  private static final int HIGH_STRIDE = NUMBER_OF_COUNTS;
  private static final int FEW = 4;

  // Indices of the counts that are mostly zero, each capped at 65,535.
  static final int UNSENT = 0;
  static final int SKIPPED = 1;
  static final int STALLED = 2;
  static final int SUPPRESSED = 3;
  static final int NUMBER_OF_RARE = 4;

  /** Units that windows may advance, or be late, before the base is moved. */
  private static final int AHEAD = 32_768;

  // Ends are stored in units since a base second, which is unsigned.
  private final byte unit;
  private int base;
  private int size;
  private short[] packed = EMPTY;
  // Upper halves of the counts, once one of them exceeds 65,535.
  private short @Nullable [] high;
  // The rare counts, once one of them is not zero.
  private short @Nullable [] rare;

  /**
   * @param unit every window ends at a multiple of so many seconds, 1 to 60
   */
  CellColumns(int unit) {
    if (unit < 1 || unit > 60) {
      throw new IllegalArgumentException("unit " + unit);
    }
    this.unit = (byte) unit;
  }

  int size() {
    return size;
  }

  /** Size in memory without array headers, bytes. */
  int bytes() {
    return Short.BYTES
        * (packed.length + (high == null ? 0 : high.length) + (rare == null ? 0 : rare.length));
  }

  long end(int index) {
    return base() + (long) (packed[index * STRIDE + END] & MASK) * unit;
  }

  private long base() {
    return Integer.toUnsignedLong(base);
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
        jitter(index),
        count(index, SENT) + rare(index, UNSENT),
        rare(index, SKIPPED),
        rare(index, STALLED),
        rare(index, SUPPRESSED));
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

  /**
   * Inserts a cell by its end, or replaces the one of the same window. Cells too old to be held
   * beside it are dropped.
   *
   * @return false if it is itself too old to be held beside the newest
   */
  boolean put(Cell cell) {
    if (!makeReachable(cell.end())) {
      return false;
    }
    int index = firstAtOrAfter(cell.end());
    if (index == size || end(index) != cell.end()) {
      insert(index);
    }
    set(index, cell);
    return true;
  }

  /** Moves the base where needed, so that an end can be encoded; false if it is too old. */
  private boolean makeReachable(long end) {
    if (size == 0) {
      base = (int) Math.max(end % unit, end - (long) AHEAD * unit);
      return true;
    }
    long units = Math.floorDiv(end - base(), (long) unit);
    if (units > MASK) {
      long from = end - (long) AHEAD * unit;
      dropFirst(firstAtOrAfter(from));
      rebase(from);
    } else if (units < 0) {
      if (end(size - 1) - end > (long) MASK * unit) {
        return false;
      }
      rebase(end);
    }
    return true;
  }

  private void rebase(long from) {
    int units = (int) ((base() - from) / unit);
    for (int i = 0; i < size; i++) {
      packed[i * STRIDE + END] += (short) units;
    }
    base = (int) from;
  }

  /** Index of the first cell that ends at or after that second; {@link #size} without one. */
  int firstAtOrAfter(long second) {
    int index = size;
    // New windows come last, so a search from the back takes a step or none.
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
      if (rare != null) {
        System.arraycopy(rare, count * NUMBER_OF_RARE, rare, 0, (size - count) * NUMBER_OF_RARE);
      }
      size -= count;
      trim();
    }
  }

  /** Releases memory that was needed only while catching up. */
  private void trim() {
    if (packed.length / STRIDE > 4 * FEW + size + size / 8) {
      resize(size + FEW);
    }
  }

  private void resize(int capacity) {
    packed = Arrays.copyOf(packed, capacity * STRIDE);
    high = high == null ? null : Arrays.copyOf(high, capacity * HIGH_STRIDE);
    rare = rare == null ? null : Arrays.copyOf(rare, capacity * NUMBER_OF_RARE);
  }

  private void set(int index, Cell cell) {
    int at = index * STRIDE;
    packed[at + END] = (short) ((cell.end() - base()) / unit);
    setCount(index, SENT, cell.sent());
    setCount(index, RECEIVED, cell.received());
    setCount(index, LOST, cell.lost());
    setCount(index, REFUSED, cell.refused());
    setCount(index, FORWARD, cell.forwardLost());
    setCount(index, RETURN, cell.returnLost());
    setRare(index, UNSENT, cell.due() - cell.sent());
    setRare(index, SKIPPED, cell.skipped());
    setRare(index, STALLED, cell.stalled());
    setRare(index, SUPPRESSED, cell.suppressed());
    packed[at + P50] = Float.floatToFloat16((float) cell.rttP50());
    packed[at + P99] = Float.floatToFloat16((float) cell.rttP99());
    packed[at + JITTER] = Float.floatToFloat16((float) cell.jitter());
  }

  /** One of the counts. */
  long count(int index, int which) {
    int low = packed[index * STRIDE + COUNTS + which] & MASK;
    return high == null ? low : low | (long) (high[index * HIGH_STRIDE + which] & MASK) << 16;
  }

  /** One of the counts that are mostly zero. */
  long rare(int index, int which) {
    return rare == null ? 0 : rare[index * NUMBER_OF_RARE + which] & MASK;
  }

  private void setRare(int index, int which, long value) {
    int count = (int) Math.max(0, Math.min(MASK, value));
    if (rare == null && count > 0) {
      rare = new short[packed.length / STRIDE * NUMBER_OF_RARE];
    }
    if (rare != null) {
      rare[index * NUMBER_OF_RARE + which] = (short) count;
    }
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
    if (size == packed.length / STRIDE) {
      // Few at a time: the spare room of all series adds up.
      resize(size + Math.max(FEW, size / 16));
    }
    shift(packed, STRIDE, index);
    if (high != null) {
      shift(high, HIGH_STRIDE, index);
    }
    if (rare != null) {
      shift(rare, NUMBER_OF_RARE, index);
    }
    size++;
  }

  private void shift(short[] cells, int stride, int index) {
    System.arraycopy(cells, index * stride, cells, (index + 1) * stride, (size - index) * stride);
  }
}
