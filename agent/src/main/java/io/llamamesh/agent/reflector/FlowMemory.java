package io.llamamesh.agent.reflector;

import io.llamamesh.agent.wire.ProbeFormat;

/**
 * Per flow the highest sequence seen and which of the 64 before it, by which its sender learns in
 * which direction a probe was lost; and how many of its probes were dropped by the limit or could
 * not be answered. Holds 65,536 flows in sets of 8; the longest unused of a set is evicted.
 */
final class FlowMemory {

  static final int WAYS = 8;
  static final int SETS = 8192;

  /**
   * Source key of flows by keys of the mesh, which are authentic: they have one sender wherever
   * their probes come from, and their signed times of sending separate replayed probes from new
   * ones. Those below it are of senders by keys of pairs: nobody else can add to their flows.
   */
  static final long AUTHENTIC = 0;

  private static boolean isAuthentic(long sourceKey) {
    return sourceKey <= AUTHENTIC;
  }

  /**
   * Value of {@code tracked} for a flow none of whose probes was seen yet, though some were
   * dropped.
   */
  private static final byte NOTHING_SEEN = -1;

  /** Largest distance between sequences, of 24 bits, at which their order has a meaning. */
  private static final int FAR = 1 << 20;

  private static final long UPPER = -1L << 32;

  private static final int SILENCE = coarse(1_000_000_000L);

  /** The same for flows of a burst, which may be over within a second. */
  private static final int BURST_SILENCE = coarse(64_000_000L);

  /**
   * Silence of an authentic flow after which times of sending are not compared: its sender's clock
   * may have been set back.
   */
  private static final int FORGOTTEN = coarse(10_000_000_000L);

  private final long[] flow = new long[SETS * WAYS];
  private final long[] source = new long[SETS * WAYS];
  private final long[] bitmap = new long[SETS * WAYS];
  private final int[] highest = new int[SETS * WAYS];
  private final byte[] tracked = new byte[SETS * WAYS];

  /** Probes that the limit dropped, and above these 32 bits the slot of the last stalled reply. */
  private final long[] limitedAndStalled = new long[SETS * WAYS];

  private final int[] usedAt = new int[SETS * WAYS];

  /**
   * Time of the last report to the flow, and above these 32 bits the time of sending of its newest
   * probe.
   */
  private final long[] reportedAndSent = new long[SETS * WAYS];

  private int clock;

  // State of an entry before its newest arrival, by which that is undone.
  private boolean fresh;
  private long bitmapBefore;
  private int highestBefore;
  private byte trackedBefore;

  /**
   * Records a probe's arrival.
   *
   * @param nonceAndFlow from the signature
   * @param sourceKey key that separates senders, above {@link #AUTHENTIC} where they are not
   *     authentic
   * @param sequence 24 bits
   * @param sent time of sending of an authentic probe, as {@link ProbeFormat#isSentLater} compares
   *     it
   * @param nowNanos monotonic
   * @return the entry, valid for the methods below until the next call
   */
  int recordArrival(long nonceAndFlow, long sourceKey, int sequence, int sent, long nowNanos) {
    int base = set(nonceAndFlow, sourceKey);
    int oldest = base;
    for (int i = base; i < base + WAYS; i++) {
      if (usedAt[i] != 0 && flow[i] == nonceAndFlow && source[i] == sourceKey) {
        usedAt[i] = nextUse();
        bitmapBefore = bitmap[i];
        highestBefore = highest[i];
        trackedBefore = tracked[i];
        if (!isReplay(i, sequence, sent, nowNanos)) {
          recordSequence(i, sequence);
        }
        fresh =
            bitmapBefore != bitmap[i] || highestBefore != highest[i] || trackedBefore != tracked[i];
        if (fresh) {
          recordSentTime(i, sent);
        }
        return i;
      }
      if (Integer.compareUnsigned(usedAt[i], usedAt[oldest]) < 0) {
        oldest = i;
      }
    }
    claim(oldest, nonceAndFlow, sourceKey);
    recordSentTime(oldest, sent);
    highest[oldest] = sequence;
    tracked[oldest] = 0;
    fresh = true;
    bitmapBefore = 0;
    highestBefore = sequence;
    trackedBefore = NOTHING_SEEN;
    return oldest;
  }

  /**
   * Records a probe that the limit dropped. It evicts no flow: where its set is full, a flow of
   * which nothing was ever seen is not recorded.
   */
  void recordDropped(long nonceAndFlow, long sourceKey) {
    int base = set(nonceAndFlow, sourceKey);
    for (int i = base; i < base + WAYS; i++) {
      if (usedAt[i] == 0) {
        claim(i, nonceAndFlow, sourceKey);
        tracked[i] = NOTHING_SEEN;
        limitedAndStalled[i] = 1;
        return;
      }
      if (flow[i] == nonceAndFlow && source[i] == sourceKey) {
        incrementLimited(i);
        return;
      }
    }
  }

  /**
   * Returns whether the newest arrival was new to its flow: not seen before, and not so late that
   * this is unknown.
   */
  boolean isFresh() {
    return fresh;
  }

  /**
   * Undoes the newest arrival, whose answer could not be sent: it is reported like one that the
   * limit dropped, since that is our doing too.
   *
   * @param entry from {@link #recordArrival}, with no call of it in between
   */
  void recordUnanswered(int entry) {
    if (fresh) {
      bitmap[entry] = bitmapBefore;
      highest[entry] = highestBefore;
      tracked[entry] = trackedBefore;
      incrementLimited(entry);
      fresh = false;
    }
  }

  /**
   * Records that a reply reports this flow's drops to its sender. The reply to a replay does not:
   * who knows where that goes.
   */
  void recordReported(int entry, long nowNanos) {
    if (fresh || !isAuthentic(source[entry])) {
      reportedAndSent[entry] =
          (reportedAndSent[entry] & UPPER) | Integer.toUnsignedLong(coarse(nowNanos));
    }
  }

  private void recordSentTime(int entry, int sent) {
    reportedAndSent[entry] = ((long) sent << 32) | (reportedAndSent[entry] & ~UPPER);
  }

  private int silence(int entry, long nowNanos) {
    return coarse(nowNanos) - (int) reportedAndSent[entry];
  }

  /**
   * Returns whether an authentic probe was captured and sent again. Within the bitmap that shows by
   * itself. Far from the newest sequence the signed time of sending decides: sequences wrap after
   * 2²⁴, so that an old one looks like one to come, and a new one looks old after 2²³ that never
   * arrived.
   */
  private boolean isReplay(int entry, int sequence, int sent, long nowNanos) {
    if (!isAuthentic(source[entry]) || tracked[entry] == NOTHING_SEEN) {
      return false;
    }
    int ahead = ProbeFormat.distance(sequence, highest[entry]);
    if (ahead >= -64 && ahead <= 64) {
      return false;
    }
    int newest = (int) (reportedAndSent[entry] >>> 32);
    boolean near = ahead > 0 && ahead <= FAR;
    boolean plausible =
        near ? !ProbeFormat.isSentLater(newest, sent) : ProbeFormat.isSentLater(sent, newest);
    return !plausible && silence(entry, nowNanos) <= FORGOTTEN;
  }

  /**
   * Returns whether nothing was reported to a flow for a second, or a sixteenth for a burst's,
   * although its probes were dropped: a limit that meets probes of a steady pace would drop those
   * of the same flows for ever.
   */
  boolean needsReport(long nonceAndFlow, long sourceKey, boolean isBurst, long nowNanos) {
    int base = set(nonceAndFlow, sourceKey);
    for (int i = base; i < base + WAYS; i++) {
      if (usedAt[i] != 0 && flow[i] == nonceAndFlow && source[i] == sourceKey) {
        return tracked[i] == NOTHING_SEEN
            || silence(i, nowNanos) > (isBurst ? BURST_SILENCE : SILENCE);
      }
    }
    return false;
  }

  /** Time in units of about a millisecond; differences are valid for 24 days. */
  private static int coarse(long nanos) {
    return (int) (nanos >> 20);
  }

  private static int set(long nonceAndFlow, long sourceKey) {
    return (int) (mix(nonceAndFlow ^ Long.rotateLeft(sourceKey, 17)) & (SETS - 1)) * WAYS;
  }

  private void claim(int entry, long nonceAndFlow, long sourceKey) {
    flow[entry] = nonceAndFlow;
    source[entry] = sourceKey;
    bitmap[entry] = 0;
    limitedAndStalled[entry] = 0;
    reportedAndSent[entry] = 0;
    usedAt[entry] = nextUse();
  }

  private int nextUse() {
    // 0 means unused. After 2³² arrivals the order is wrong for a moment, which costs one entry.
    clock++;
    if (clock == 0) {
      clock = 1;
    }
    return clock;
  }

  private void recordSequence(int entry, int sequence) {
    int ahead = ProbeFormat.distance(sequence, highest[entry]);
    boolean anew =
        Math.abs(ahead) > FAR || (ahead < -64 && isAuthentic(source[entry])); // a later one, then
    if (anew || tracked[entry] == NOTHING_SEEN) {
      highest[entry] = sequence;
      tracked[entry] = 0;
      bitmap[entry] = 0;
      return;
    }
    if (ahead > 0) {
      long moved = ahead < 64 ? bitmap[entry] << ahead : 0;
      bitmap[entry] = ahead <= 64 ? moved | (1L << (ahead - 1)) : 0;
      tracked[entry] = (byte) Math.min(64, tracked[entry] + (long) ahead);
      highest[entry] = sequence;
    } else if (ahead < 0 && ahead >= -64) {
      bitmap[entry] |= 1L << (-ahead - 1);
    }
  }

  int highest(int entry) {
    return highest[entry];
  }

  /** Number of sequences below the highest that the bitmap covers. */
  int tracked(int entry) {
    return tracked[entry];
  }

  long bitmap(int entry) {
    return bitmap[entry];
  }

  /** Number of the flow's probes that the limit dropped. */
  int limited(int entry) {
    return (int) limitedAndStalled[entry];
  }

  private void incrementLimited(int entry) {
    long before = limitedAndStalled[entry];
    limitedAndStalled[entry] = (before & UPPER) | ((before + 1) & ~UPPER);
  }

  /**
   * Records a reply whose send took long.
   *
   * @param entry from {@link #recordArrival}, perhaps another flow's meanwhile
   * @param nonceAndFlow flow of the reply
   * @param slot from {@link io.llamamesh.agent.wire.Slots#stalled(int)}
   */
  void recordStalled(int entry, long nonceAndFlow, int slot) {
    if (flow[entry] == nonceAndFlow) {
      limitedAndStalled[entry] = ((long) slot << 32) | (limitedAndStalled[entry] & ~UPPER);
    }
  }

  /** Slot of the flow's last stalled reply; zero where there was none. */
  int stalled(int entry) {
    return (int) (limitedAndStalled[entry] >>> 32);
  }

  /** Spreads the bits of a key; the finalizer of SplitMix64. */
  static long mix(long key) {
    long z = (key ^ (key >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
