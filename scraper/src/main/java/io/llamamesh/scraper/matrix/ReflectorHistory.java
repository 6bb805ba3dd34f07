package io.llamamesh.scraper.matrix;

import io.llamamesh.scraper.matrix.AddressOwners.Address;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * History of one agent's last few windows: how many probes it sent, and how many its reflector sent
 * back to each sender. Not thread-safe: {@link ReflectorJoin} owns it.
 */
final class ReflectorHistory {
  /**
   * Windows kept: three to be judged, the one before, and one since agents are read one after the
   * other.
   */
  static final int MAX_WINDOWS = 5;

  /** Senders per window at most, as many as a reflector distinguishes. */
  private static final int MAX_SENDERS = 4096;

  private static final Address[] NOBODY = new Address[0];
  private static final int[] NOTHING = new int[0];

  private final List<ReflectorWindow> windows = new ArrayList<>(MAX_WINDOWS);
  private final List<Series> probed = new ArrayList<>();
  private boolean reflecting;
  private long clockMillis;

  /** One window of an agent. */
  static final class ReflectorWindow {
    private final long end;
    private boolean clockStepped;
    private long sent;
    private long unattributedV4;
    private long unattributedV6;
    private Address[] senders = NOBODY;
    private int[] counts = NOTHING;
    private int size;

    private ReflectorWindow(long end) {
      this.end = end;
    }

    long end() {
      return end;
    }

    void addSent(long probes) {
      sent += probes;
    }

    void addUnattributed(boolean v6, long probes) {
      if (v6) {
        unattributedV6 += probes;
      } else {
        unattributedV4 += probes;
      }
    }

    void addReflected(Address sender, long probes) {
      if (size == MAX_SENDERS) {
        addUnattributed(sender.isV6(), probes);
        return;
      }
      if (size == counts.length) {
        senders = Arrays.copyOf(senders, size + Math.max(8, size / 2));
        counts = Arrays.copyOf(counts, senders.length);
      }
      senders[size] = sender;
      counts[size++] = (int) Math.min(Integer.MAX_VALUE, probes);
    }

    /** Probes of senders that are unknown, or share an address. */
    long unattributed(boolean v6, long now) {
      long sum = v6 ? unattributedV6 : unattributedV4;
      for (int i = 0; i < size; i++) {
        if (senders[i].isV6() == v6 && senders[i].isShared(now)) {
          sum += counts[i];
        }
      }
      return sum;
    }

    /** Probes from addresses that only that node owns. */
    long reflectedFrom(String source, boolean v6, long now) {
      long sum = 0;
      for (int i = 0; i < size; i++) {
        if (senders[i].isV6() == v6
            && senders[i].node().equals(source)
            && !senders[i].isShared(now)) {
          sum += counts[i];
        }
      }
      return sum;
    }

    private void reset() {
      sent = 0;
      unattributedV4 = 0;
      unattributedV6 = 0;
      size = 0;
    }
  }

  /**
   * Opens the window of an end, emptied: its points come together, so this is the first of them.
   *
   * @param odd true if its end shows that the agent's clock was stepped
   * @return null if it is too old to be kept
   */
  @Nullable ReflectorWindow open(long end, boolean odd) {
    int at = windows.size();
    while (at > 0 && windows.get(at - 1).end >= end) {
      at--;
    }
    if (at < windows.size() && windows.get(at).end == end) {
      windows.get(at).reset();
      windows.get(at).clockStepped |= odd;
      return windows.get(at);
    }
    if (windows.size() == MAX_WINDOWS) {
      if (at == 0) {
        return null;
      }
      windows.removeFirst();
      at--;
    }
    ReflectorWindow report = new ReflectorWindow(end);
    report.clockStepped = odd;
    windows.add(at, report);
    return report;
  }

  /** Its windows, oldest first. */
  List<ReflectorWindow> windows() {
    return windows;
  }

  @Nullable ReflectorWindow window(long end) {
    for (ReflectorWindow report : windows) {
      if (report.end == end) {
        return report;
      }
    }
    return null;
  }

  /**
   * The start of a window: the end of the one before, if the window is whole and continues it. An
   * agent that was stopped or stalled probes less.
   *
   * @return {@code Long.MIN_VALUE} if it is not whole, or the window before is unknown
   */
  long startOf(ReflectorWindow report) {
    int at = windows.indexOf(report);
    if (at < 1) {
      return Long.MIN_VALUE;
    }
    ReflectorWindow before = windows.get(at - 1);
    boolean whole =
        !report.clockStepped && !before.clockStepped && 8 * report.sent >= 7 * before.sent;
    return whole ? before.end : Long.MIN_VALUE;
  }

  /** All series that this agent probes. */
  List<Series> probed() {
    return probed;
  }

  /** Marks that the agent publishes its reflector's counts, so that a missing count means zero. */
  void markReflecting() {
    reflecting = true;
  }

  boolean isReflecting() {
    return reflecting;
  }

  void setClockMillis(long aheadMillis) {
    clockMillis = aheadMillis;
  }

  long clockMillis() {
    return clockMillis;
  }
}
