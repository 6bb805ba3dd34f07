package io.llamamesh.fabric.sim;

import java.util.Arrays;

/** What is to happen on the virtual clock, in order of time and then of being scheduled. */
final class EventQueue {

  private long[] times = new long[1024];
  private long[] orders = new long[1024];
  private Runnable[] events = new Runnable[1024];
  private int size;
  private long scheduled;

  void add(long time, Runnable event) {
    if (size == times.length) {
      times = Arrays.copyOf(times, size * 2);
      orders = Arrays.copyOf(orders, size * 2);
      events = Arrays.copyOf(events, size * 2);
    }
    long order = scheduled++;
    int at = size++;
    while (at > 0) {
      int parent = (at - 1) / 2;
      if (isBefore(times[parent], orders[parent], time, order)) {
        break;
      }
      move(parent, at);
      at = parent;
    }
    set(at, time, order, event);
  }

  boolean isEmpty() {
    return size == 0;
  }

  long nextTime() {
    return times[0];
  }

  Runnable remove() {
    Runnable first = events[0];
    size--;
    long time = times[size];
    long order = orders[size];
    Runnable event = events[size];
    events[size] = null;
    if (size == 0) {
      return first;
    }
    int at = 0;
    while (true) {
      int child = 2 * at + 1;
      if (child >= size) {
        break;
      }
      if (child + 1 < size
          && isBefore(times[child + 1], orders[child + 1], times[child], orders[child])) {
        child++;
      }
      if (isBefore(time, order, times[child], orders[child])) {
        break;
      }
      move(child, at);
      at = child;
    }
    set(at, time, order, event);
    return first;
  }

  private static boolean isBefore(long time, long order, long otherTime, long otherOrder) {
    return time != otherTime ? time < otherTime : order < otherOrder;
  }

  private void move(int from, int to) {
    set(to, times[from], orders[from], events[from]);
  }

  private void set(int at, long time, long order, Runnable event) {
    times[at] = time;
    orders[at] = order;
    events[at] = event;
  }
}
