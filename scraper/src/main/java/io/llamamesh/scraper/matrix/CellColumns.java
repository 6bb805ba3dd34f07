package io.llamamesh.scraper.matrix;

import java.util.Arrays;

/**
 * Cells of one series in the order of their windows, in columns of primitives: at 1,000 nodes there
 * are millions of them. Not thread-safe: {@link Matrix} owns it.
 */
final class CellColumns {
  private static final int MAX_SHORT = 0xffff;

  private int size;
  private int[] end = new int[0];
  private int[] sent = new int[0];
  private int[] received = new int[0];
  private int[] lost = new int[0];
  private char[] refused = new char[0];
  private char[] forwardLost = new char[0];
  private char[] returnLost = new char[0];
  private float[] rttP50 = new float[0];
  private float[] rttP99 = new float[0];
  private float[] jitter = new float[0];

  int size() {
    return size;
  }

  long end(int index) {
    return Integer.toUnsignedLong(end[index]);
  }

  Cell get(int index) {
    return new Cell(
        end(index),
        sent[index],
        received[index],
        lost[index],
        refused[index],
        forwardLost[index],
        returnLost[index],
        rttP50[index],
        rttP99[index],
        jitter[index]);
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
    if (count <= 0) {
      return;
    }
    shift(count, 0, size - count);
    size -= count;
  }

  private void set(int index, Cell cell) {
    end[index] = (int) cell.end();
    sent[index] = (int) Math.min(Integer.MAX_VALUE, cell.sent());
    received[index] = (int) Math.min(Integer.MAX_VALUE, cell.received());
    lost[index] = (int) Math.min(Integer.MAX_VALUE, cell.lost());
    refused[index] = (char) Math.min(MAX_SHORT, cell.refused());
    forwardLost[index] = (char) Math.min(MAX_SHORT, cell.forwardLost());
    returnLost[index] = (char) Math.min(MAX_SHORT, cell.returnLost());
    rttP50[index] = (float) cell.rttP50();
    rttP99[index] = (float) cell.rttP99();
    jitter[index] = (float) cell.jitter();
  }

  private void insert(int index) {
    if (size == end.length) {
      grow(Math.max(4, size + size / 4 + 1));
    }
    shift(index, index + 1, size - index);
    size++;
  }

  private void shift(int from, int to, int count) {
    if (count <= 0) {
      return;
    }
    System.arraycopy(end, from, end, to, count);
    System.arraycopy(sent, from, sent, to, count);
    System.arraycopy(received, from, received, to, count);
    System.arraycopy(lost, from, lost, to, count);
    System.arraycopy(refused, from, refused, to, count);
    System.arraycopy(forwardLost, from, forwardLost, to, count);
    System.arraycopy(returnLost, from, returnLost, to, count);
    System.arraycopy(rttP50, from, rttP50, to, count);
    System.arraycopy(rttP99, from, rttP99, to, count);
    System.arraycopy(jitter, from, jitter, to, count);
  }

  private void grow(int capacity) {
    end = Arrays.copyOf(end, capacity);
    sent = Arrays.copyOf(sent, capacity);
    received = Arrays.copyOf(received, capacity);
    lost = Arrays.copyOf(lost, capacity);
    refused = Arrays.copyOf(refused, capacity);
    forwardLost = Arrays.copyOf(forwardLost, capacity);
    returnLost = Arrays.copyOf(returnLost, capacity);
    rttP50 = Arrays.copyOf(rttP50, capacity);
    rttP99 = Arrays.copyOf(rttP99, capacity);
    jitter = Arrays.copyOf(jitter, capacity);
  }
}
