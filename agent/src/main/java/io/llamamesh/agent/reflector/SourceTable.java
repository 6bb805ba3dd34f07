package io.llamamesh.agent.reflector;

import io.llamamesh.agent.net.Ip;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * Probes reflected per sender, and which senders have seen the drain mark. Bounded: senders beyond
 * the table are counted together. For all threads.
 */
public final class SourceTable {

  /** Most senders that are counted apart. */
  static final int LIMIT = 4096;

  private static final int SLOTS = 2 * LIMIT;
  private static final long SECOND = 1_000_000_000L;

  /** Time for which a sender that signed by a key of the pair is taken for one that does. */
  static final long BY_PAIR_NANOS = 3600 * SECOND;

  /** Reads without a new probe after which a sender may be evicted. */
  static final int IDLE_READS = 60;

  /** Silence after which a draining reflector does not wait for a sender. */
  static final long PRESENT_NANOS = 30 * SECOND;

  private final long[] high = new long[SLOTS];
  private final long[] low = new long[SLOTS];
  private final long[] count = new long[SLOTS];
  private final long[] taken = new long[SLOTS];
  private final long[] probedAt = new long[SLOTS];
  private final long[] gap = new long[SLOTS];
  private final boolean[] drainMarked = new boolean[SLOTS];

  /** Time of the last probe by a key of the pair; meaningless where there was none. */
  private final long[] byPairAt = new long[SLOTS];

  private final boolean[] signsByPair = new boolean[SLOTS];
  private final byte[] idle = new byte[SLOTS];
  private int senders;
  private long others;

  /** Probes since the last read that are counted for no sender, of each family. */
  private long unnamedV4;

  private long unnamedV6;

  /**
   * Senders outside the plan that are reported apart, the busiest ones: so many, or twice as many
   * as are in the plan. In a sparse mesh those who probe us are not all probed by us, and are at
   * most so many.
   */
  static final int UNPLANNED = 128;

  private static final InetAddress ANY_V4 = InetAddress.ofLiteral("0.0.0.0");
  private static final InetAddress ANY_V6 = InetAddress.ofLiteral("::");

  /**
   * Probes of one sender that were reflected since the last read; those of all senders that are not
   * counted apart have their family's unspecified address.
   */
  public record Reflected(InetAddress source, long probes) {}

  /**
   * Counts a probe that was reflected.
   *
   * @param marked the reply had the drain mark
   * @param counted the sender counts it: it is no hello, and the sender understands the mark
   * @param byPair it is signed by a key of the pair
   * @param mustBeByPair it is not, and counts for nobody who signed by such a key within an hour:
   *     it is one of those of unknown senders, since that may be the same one, started anew
   * @return false where it counts for nobody
   */
  synchronized boolean recordReflected(
      long h,
      long l,
      long now,
      boolean marked,
      boolean counted,
      boolean byPair,
      boolean mustBeByPair) {
    int slot = slot(h, l);
    if (mustBeByPair
        && count[slot] != 0
        && signsByPair[slot]
        && now - byPairAt[slot] < BY_PAIR_NANOS) {
      addUnnamed(h, l);
      return false;
    }
    if (count[slot] == 0) {
      if (senders == LIMIT) {
        others++;
        addUnnamed(h, l);
        return true;
      }
      signsByPair[slot] = false;
      senders++;
      high[slot] = h;
      low[slot] = l;
      probedAt[slot] = now - PRESENT_NANOS - 1;
      gap[slot] = SECOND;
    } else if (counted) {
      long since = Math.min(now - probedAt[slot], PRESENT_NANOS);
      gap[slot] += (since - gap[slot]) / 8;
    }
    count[slot]++;
    if (counted) {
      probedAt[slot] = now;
    }
    drainMarked[slot] |= marked;
    if (byPair) {
      signsByPair[slot] = true;
      byPairAt[slot] = now;
    }
    return true;
  }

  private void addUnnamed(long h, long l) {
    if (Ip.isV4(h, l)) {
      unnamedV4++;
    } else {
      unnamedV6++;
    }
  }

  /**
   * Takes the counts since the last call: per sender for those in the plan and some others (see
   * {@link #UNPLANNED}), and the sum of the rest for each family. Spoofed senders must not fill
   * windows.
   *
   * @param planned addresses that are probed
   */
  public List<Reflected> takeCounts(Set<InetAddress> planned) {
    int apart = Math.max(UNPLANNED, 2 * planned.size());
    List<Reflected> reported = new ArrayList<>();
    List<Reflected> unplanned = new ArrayList<>();
    long restV6;
    long restV4;
    synchronized (this) {
      for (Reflected sender : takeCounts()) {
        (planned.contains(sender.source()) ? reported : unplanned).add(sender);
      }
      restV6 = unnamedV6;
      restV4 = unnamedV4;
      unnamedV4 = 0;
      unnamedV6 = 0;
    }
    unplanned.sort(Comparator.comparingLong(Reflected::probes).reversed());
    for (int i = 0; i < unplanned.size(); i++) {
      Reflected sender = unplanned.get(i);
      if (i < apart) {
        reported.add(sender);
      } else if (sender.source() instanceof Inet4Address) {
        restV4 += sender.probes();
      } else {
        restV6 += sender.probes();
      }
    }
    if (restV4 > 0) {
      reported.add(new Reflected(ANY_V4, restV4));
    }
    if (restV6 > 0) {
      reported.add(new Reflected(ANY_V6, restV6));
    }
    return reported;
  }

  /** Takes the counts since the last call, per sender. */
  synchronized List<Reflected> takeCounts() {
    List<Reflected> recent = new ArrayList<>();
    for (int i = 0; i < SLOTS && senders > 0; i++) {
      if (count[i] != taken[i]) {
        recent.add(new Reflected(Ip.address(high[i], low[i]), count[i] - taken[i]));
        taken[i] = count[i];
        idle[i] = 0;
      } else if (idle[i] < IDLE_READS) {
        idle[i]++;
      }
    }
    if (senders > LIMIT / 2) {
      forgetIdle();
    }
    return recent;
  }

  /** Evicts idle senders, so that spoofed ones do not fill the table for good. */
  private void forgetIdle() {
    SourceTable kept = new SourceTable();
    for (int i = 0; i < SLOTS; i++) {
      if (count[i] != 0 && idle[i] < IDLE_READS) {
        int slot = kept.slot(high[i], low[i]);
        kept.high[slot] = high[i];
        kept.low[slot] = low[i];
        kept.count[slot] = count[i];
        kept.taken[slot] = taken[i];
        kept.probedAt[slot] = probedAt[i];
        kept.gap[slot] = gap[i];
        kept.drainMarked[slot] = drainMarked[i];
        kept.byPairAt[slot] = byPairAt[i];
        kept.signsByPair[slot] = signsByPair[i];
        kept.idle[slot] = idle[i];
        kept.senders++;
      }
    }
    if (kept.senders == senders) {
      return;
    }
    System.arraycopy(kept.high, 0, high, 0, SLOTS);
    System.arraycopy(kept.low, 0, low, 0, SLOTS);
    System.arraycopy(kept.count, 0, count, 0, SLOTS);
    System.arraycopy(kept.taken, 0, taken, 0, SLOTS);
    System.arraycopy(kept.probedAt, 0, probedAt, 0, SLOTS);
    System.arraycopy(kept.gap, 0, gap, 0, SLOTS);
    System.arraycopy(kept.drainMarked, 0, drainMarked, 0, SLOTS);
    System.arraycopy(kept.byPairAt, 0, byPairAt, 0, SLOTS);
    System.arraycopy(kept.signsByPair, 0, signsByPair, 0, SLOTS);
    System.arraycopy(kept.idle, 0, idle, 0, SLOTS);
    senders = kept.senders;
  }

  /** Index of this sender, or of the free slot for it. */
  private int slot(long h, long l) {
    int slot = (int) (FlowMemory.mix(h * 31 + l) & (SLOTS - 1));
    while (count[slot] != 0 && !(high[slot] == h && low[slot] == l)) {
      slot = (slot + 1) & (SLOTS - 1);
    }
    return slot;
  }

  /** Probes of senders that did not fit the table. */
  public synchronized long others() {
    return others;
  }

  /**
   * Returns whether every recent sender has stopped: it saw the drain mark and has been silent for
   * a second and three times its usual gap, or it stopped by itself, for which the silence must be
   * a little longer.
   */
  public synchronized boolean isQuiet(long now) {
    for (int i = 0; i < SLOTS && senders > 0; i++) {
      if (count[i] == 0) {
        continue;
      }
      long silence = now - probedAt[i];
      long enough =
          drainMarked[i] ? Math.max(SECOND, 3 * gap[i]) : Math.max(2 * SECOND, 5 * gap[i]);
      if (silence <= Math.min(enough, PRESENT_NANOS)) {
        return false;
      }
    }
    return true;
  }
}
