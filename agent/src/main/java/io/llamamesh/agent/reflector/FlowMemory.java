package io.llamamesh.agent.reflector;

import io.llamamesh.agent.wire.ProbeFormat;

/**
 * Per flow the highest sequence seen and which of the 64 before it: what tells a sender in which
 * direction a probe was lost; and how many of its probes the limit dropped or could not be
 * answered, which are nobody else's business. Holds 65,536 flows in sets of 8; the longest unused
 * of a set makes room.
 */
final class FlowMemory {

  static final int WAYS = 8;
  static final int SETS = 8192;

  /**
   * Instead of a key of its source: the flow's probes are authentic, so that it has one sender
   * wherever they come from, and its times of sending tell what was captured from what is new.
   */
  static final long AUTHENTIC = 0;

  /** Of a flow none of whose probes was seen yet, though some were dropped. */
  private static final byte NOTHING_SEEN = -1;

  /** Sequences have 24 bits: what lies further away was not seen for so long that order is moot. */
  private static final int FAR = 1 << 20;

  private static final long UPPER = -1L << 32;

  private static final int SILENCE = coarse(1_000_000_000L);

  /**
   * After as long without a new probe of an authentic flow its times of sending are not asked for:
   * its sender's clock may have been set back.
   */
  private static final int FORGOTTEN = coarse(10_000_000_000L);

  private final long[] flow = new long[SETS * WAYS];
  private final long[] source = new long[SETS * WAYS];
  private final long[] bitmap = new long[SETS * WAYS];
  private final int[] highest = new int[SETS * WAYS];
  private final byte[] tracked = new byte[SETS * WAYS];

  /** How many the limit dropped, and above these 32 bits the slot of the last stalled reply. */
  private final long[] limitedAndStalled = new long[SETS * WAYS];

  private final int[] usedAt = new int[SETS * WAYS];

  /** When the flow was last told, and above these 32 bits when its newest probe was sent. */
  private final long[] reportedAndSent = new long[SETS * WAYS];

  private int clock;

  // What an entry was before its newest arrival, for as long as that may be taken back.
  private boolean fresh;
  private long bitmapBefore;
  private int highestBefore;
  private byte trackedBefore;

  /**
   * Notes a probe's arrival.
   *
   * @param nonceAndFlow from the signature
   * @param sourceKey anything that tells senders apart, or {@link #AUTHENTIC}
   * @param sequence 24 bits
   * @param sent when an authentic probe was sent, as {@link ProbeFormat#isSentLater} compares it
   * @param nowNanos monotonic
   * @return the entry, to be asked with the methods below before the next call
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
   * Notes a probe that the limit dropped. It makes no known flow forgotten: where all places of its
   * set are taken, a flow of which nothing was ever seen is not noted.
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
   * Whether the newest arrival was new to its flow: not here before, and not so late that nobody
   * can tell.
   */
  boolean isFresh() {
    return fresh;
  }

  /**
   * The answer to the newest arrival could not be sent: the sender is to hear of it as of one that
   * the limit dropped, for that is our doing too.
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
   * A reply tells this flow at this time what became of its probes. The reply to a replay does not:
   * who knows where that goes.
   */
  void recordReported(int entry, long nowNanos) {
    if (fresh || source[entry] != AUTHENTIC) {
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
   * Whether an authentic probe was captured and sent again. Within the bitmap that shows by itself.
   * Far from the newest, the time of sending tells, which is signed: sequences alone begin anew
   * after 2²⁴, so that one from long ago looks like one to come, and what is new looks old after
   * 2²³ that never arrived.
   */
  private boolean isReplay(int entry, int sequence, int sent, long nowNanos) {
    if (source[entry] != AUTHENTIC || tracked[entry] == NOTHING_SEEN) {
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
   * Whether nothing was told to a flow for a second although its probes were dropped: a limit that
   * meets probes of a steady pace would drop those of the same flows for ever.
   */
  boolean needsReport(long nonceAndFlow, long sourceKey, long nowNanos) {
    int base = set(nonceAndFlow, sourceKey);
    for (int i = base; i < base + WAYS; i++) {
      if (usedAt[i] != 0 && flow[i] == nonceAndFlow && source[i] == sourceKey) {
        return tracked[i] == NOTHING_SEEN || silence(i, nowNanos) > SILENCE;
      }
    }
    return false;
  }

  /** About milliseconds; differences hold for 24 days. */
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
        Math.abs(ahead) > FAR || (ahead < -64 && source[entry] == AUTHENTIC); // a later one, then
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

  /** How many sequences below the highest the bitmap knows about. */
  int tracked(int entry) {
    return tracked[entry];
  }

  long bitmap(int entry) {
    return bitmap[entry];
  }

  /** How many probes of the flow the limit dropped. */
  int limited(int entry) {
    return (int) limitedAndStalled[entry];
  }

  private void incrementLimited(int entry) {
    long before = limitedAndStalled[entry];
    limitedAndStalled[entry] = (before & UPPER) | ((before + 1) & ~UPPER);
  }

  /**
   * The send of a reply took long.
   *
   * @param entry from {@link #recordArrival}, perhaps another flow's meanwhile
   * @param nonceAndFlow whose reply it was
   * @param slot from {@link io.llamamesh.agent.wire.Slots#stalled(int)}
   */
  void stalled(int entry, long nonceAndFlow, int slot) {
    if (flow[entry] == nonceAndFlow) {
      limitedAndStalled[entry] = ((long) slot << 32) | (limitedAndStalled[entry] & ~UPPER);
    }
  }

  /** The slot of the flow's last stalled reply; zero where there was none. */
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
