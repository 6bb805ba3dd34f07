package io.llamamesh.agent.collector;

import io.llamamesh.agent.wire.ProbeFormat;
import io.llamamesh.agent.wire.Slots;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One source port to one target: its sequence numbers and its probes in flight, in a ring indexed
 * by sequence.
 *
 * <p>Guarantees:
 *
 * <ul>
 *   <li>Each sequence number is used once; {@link #recordSent} is the only way into the ring, and
 *       {@link #forgetOldest} the only way out, in order of sequence.
 *   <li>A probe is pending from {@link #recordSent} until {@link #recordAnswer} or {@link
 *       #forgetOldest}. Flags are added only while it is pending; callers of the {@code mark}
 *       methods check that.
 *   <li>An RTT is counted at most once, in the window in which its probe was sent.
 *   <li>Times are compared by difference, so the monotonic clock may wrap.
 *   <li>Recording, marking and forgetting a probe allocates nothing here; only {@link
 *       #ensureCapacity} and the first {@link #recordTooBig} do.
 * </ul>
 *
 * <p>Not thread-safe: the collector's thread owns it.
 */
final class Flow {

  static final int DONE = 0;
  static final int PENDING = 1;
  static final int RECEIVED = 2;

  /** Flag of a pending probe: the reflector reported that it arrived. */
  static final int SEEN = 4;

  /** Flag: a later reply reported whether it arrived. */
  static final int COVERED = 8;

  /** Flag: a hello, which is counted nowhere. */
  static final int HELLO = 16;

  /** Flag: the reflector reported that it dropped it over its limit. */
  static final int OVERLOADED = 32;

  /** Flag: its answer came back shortened or lengthened. */
  static final int SUSPICIOUS = 64;

  /** Flag: answered after its timeout, by the network's own doing. */
  static final int AFTER_TIMEOUT = 128;

  /** Flag: its send took long after its stamp, so that its RTT would include our delay. */
  static final int STALLED = 256;

  /** Flag: an ICMP error that quotes it says that nobody listens on the port. */
  static final int REFUSED = 512;

  /** Flag: an ICMP error that quotes it says that it is too long for the path. */
  static final int TOO_BIG = 1024;

  /** Flag: signed by a key of the pair, and answered by nothing else. */
  static final int BY_PAIR = 2048;

  private static final int KIND = 3;
  private static final int SPARE = 4;
  private static final int STATE_BITS = 16;
  private static final int STATE = 0xffff;
  private static final long NONE = -1;
  private static final int MASK = ProbeFormat.MODULUS - 1;

  private final int id;
  private final int nonce;
  private final Pair pair;
  private final int path;
  private final SourcePort source;
  private final long phase;
  private final ReflectorDropReports dropReports = new ReflectorDropReports();

  /**
   * Two numbers for each slot, side by side since of many flows none is in the caches: time of
   * sending; window id above the state bits.
   */
  private long[] ring;

  private int capacity;
  private long next;
  private long oldest;
  private long pendingFrom;
  private long highestReplied = -1;
  private long lastRtt = -1;

  /** Times at which probes were too long for this flow's path; null until one was. */
  private @Nullable TimeIntervals tooBig;

  /** Time of sending of the newest probe that was too long. */
  private long tooBigSentAt;

  /**
   * Set once a probe was answered in time; the newest of these was sent at {@code passedSentAt}.
   */
  private boolean hasPassed;

  private long passedSentAt;
  private long heldSequence = NONE;
  private long heldRtt;

  /**
   * A flow without probes yet.
   *
   * @param id 24 bits
   * @param first sequence of its first probe, 24 bits
   */
  Flow(int id, int first, Pair pair, int path, SourcePort source, long phase, int places) {
    this.id = id;
    this.nonce = pair.peer().nonce();
    this.next = first;
    this.oldest = first;
    this.pendingFrom = first;
    this.pair = pair;
    this.path = path;
    this.source = source;
    this.phase = phase;
    int size = Integer.highestOneBit(Math.max(64, places) * 2 - 1);
    ring = new long[2 * size];
    this.capacity = size;
  }

  int id() {
    return id;
  }

  /** Nonce of its target; precedes the id on the wire. */
  int nonce() {
    return nonce;
  }

  Pair pair() {
    return pair;
  }

  int path() {
    return path;
  }

  SourcePort source() {
    return source;
  }

  /** Offset in the period at which this flow is due, in nanoseconds. */
  long phase() {
    return phase;
  }

  /** Makes room for so many probes in flight; those in flight stay. */
  void ensureCapacity(int wanted) {
    if (wanted <= capacity) {
      return;
    }
    int size = Integer.highestOneBit(wanted * 2 - 1);
    long[] larger = new long[2 * size];
    for (long s = oldest; s < next; s++) {
      System.arraycopy(ring, at(s), larger, 2 * (int) (s & (size - 1)), 2);
    }
    ring = larger;
    capacity = size;
  }

  /** Records that a probe of this time of sending was answered in time: it fits the path MTU. */
  void confirmFits(long sentAt) {
    if (!hasPassed || sentAt - passedSentAt > 0) {
      hasPassed = true;
      passedSentAt = sentAt;
    }
    if (tooBig == null) {
      return;
    }
    if (sentAt - tooBigSentAt > 0) {
      tooBig.endAt(sentAt);
    } else {
      tooBig.beginAfter(sentAt); // it was ahead of the one that was too long
    }
  }

  /**
   * Records that a router found a probe too long for this path. So are this flow's unanswered
   * probes around it: between the last that was answered and the next. Other flows may take another
   * path.
   *
   * @param sentAt when the probe was sent
   * @param from since when others are taken for too long as well
   * @param until up to when they are
   * @return false where a later probe was answered, so that nothing was recorded
   */
  boolean recordTooBig(long sentAt, long from, long until) {
    if (hasPassed && passedSentAt - sentAt > 0) {
      return false;
    }
    if (tooBig == null) {
      tooBig = new TimeIntervals();
      tooBigSentAt = sentAt;
    } else if (sentAt - tooBigSentAt > 0) {
      tooBigSentAt = sentAt;
    }
    tooBig.add(hasPassed && from - passedSentAt <= 0 ? passedSentAt + 1 : from, until);
    return true;
  }

  /** Returns whether an unanswered probe of this time of sending was too long for this path. */
  boolean wasTooBig(long sentAt) {
    return tooBig != null && tooBig.contains(sentAt, 0);
  }

  private int at(long sequence) {
    return 2 * (int) (sequence & (capacity - 1));
  }

  private int state(long sequence) {
    return (int) ring[at(sequence) + 1] & STATE;
  }

  private void state(long sequence, int state) {
    int at = at(sequence) + 1;
    ring[at] = (ring[at] & ~STATE) | state;
  }

  boolean isFull() {
    return next - oldest >= capacity;
  }

  /** Returns whether there is room for a probe that is not due, and for those that will be. */
  boolean hasSpare() {
    return next - oldest + SPARE < capacity;
  }

  boolean isIdle() {
    return next == oldest;
  }

  /** Sequence number of the next probe, in its 24 bits on the wire. */
  int nextOnWire() {
    return (int) next & MASK;
  }

  /** Records a probe that was sent. */
  void recordSent(long monotonicNanos, int windowId, int extra) {
    int at = at(next);
    ring[at] = monotonicNanos;
    ring[at + 1] = ((long) windowId << STATE_BITS) | PENDING | extra;
    next++;
  }

  /** Full sequence number of one on the wire; −1 when no such probe can be in flight. */
  long sequence(int onWire) {
    int back = ProbeFormat.distance(nextOnWire(), onWire);
    return back < 1 || back > next - oldest ? -1 : next - back;
  }

  int kind(long sequence) {
    return state(sequence) & KIND;
  }

  boolean hasFlag(long sequence, int flag) {
    return (state(sequence) & flag) != 0;
  }

  long sentAt(long sequence) {
    return ring[at(sequence)];
  }

  int window(long sequence) {
    return (int) (ring[at(sequence) + 1] >> STATE_BITS);
  }

  /**
   * Records a probe's answer.
   *
   * @return true when the answer of a later probe came before
   */
  boolean recordAnswer(long sequence) {
    state(sequence, RECEIVED | (state(sequence) & (HELLO | STALLED | BY_PAIR)));
    boolean overtaken = sequence < highestReplied;
    highestReplied = Math.max(highestReplied, sequence);
    return overtaken;
  }

  /**
   * Holds an RTT back until a later reply reports whether the reflector's send was delayed, or
   * until none can come any more; an RTT that is held already is counted.
   */
  void holdRtt(long sequence, long rttNanos) {
    countHeldRtt();
    heldSequence = sequence;
    heldRtt = rttNanos;
  }

  /** Sequence of the probe whose RTT is held; −1 for none. */
  long heldSequence() {
    return heldSequence;
  }

  /** Counts the RTT that is held: it is the network's. */
  void countHeldRtt() {
    if (heldSequence != NONE) {
      recordRtt(heldSequence, heldRtt);
      heldSequence = NONE;
    }
  }

  /** Discards the RTT that is held: the reflector's send was delayed. */
  void discardHeldRtt() {
    heldSequence = NONE;
  }

  /** Counts the RTT of a probe that was answered. */
  void recordRtt(long sequence, long rttNanos) {
    pair.cell(window(sequence)).recordRtt(path, rttNanos);
    if (lastRtt >= 0) {
      pair.updateJitter(lastRtt, rttNanos);
    }
    lastRtt = rttNanos;
  }

  /**
   * Applies a reply's bitmap of probes that reached the reflector to those that are still pending.
   *
   * @param highestOnWire highest sequence that it saw
   * @param tracked how many below that one the bitmap covers
   * @param bitmap bit i: the one i + 1 below the highest was seen
   */
  void applySeenBitmap(int highestOnWire, int tracked, long bitmap) {
    long highest = sequence(highestOnWire);
    if (highest < 0) {
      return;
    }
    markSeen(highest, true);
    long last = Math.max(firstPending(), highest - tracked);
    for (long s = highest - 1; s >= last; s--) {
      markSeen(s, ((bitmap >>> (highest - 1 - s)) & 1) != 0);
    }
  }

  /** Marks a probe whose answer came back with another length. */
  void markSuspicious(long sequence) {
    state(sequence, state(sequence) | SUSPICIOUS);
  }

  /** Marks a probe that a network error quoted. */
  void markError(long sequence, int flag) {
    state(sequence, state(sequence) | flag);
  }

  /** Marks a probe whose answer came after its timeout. */
  void markAfterTimeout(long sequence) {
    state(sequence, state(sequence) | AFTER_TIMEOUT);
  }

  /**
   * Applies a reply's counts of the reflector's own drops. Those over its limit mark as many probes
   * between this reply's and the previous report's as {@link #OVERLOADED}. Of those of its full
   * buffer we take the share that our probes have in its arrivals meanwhile.
   *
   * @param answered sequence of the reply's probe
   * @param slots offset of the slots
   * @param overflowDrops takes our share of what the full buffer dropped
   */
  void applyDropReport(long answered, ByteBuffer bytes, int slots, DropAttribution overflowDrops) {
    if (dropReports.isOvertaken(answered, bytes, slots)) {
      return;
    }
    long before = dropReports.sequence();
    int limited = dropReports.newlyLimited(bytes, slots);
    if (limited > 0) {
      markOverloaded(before + 1, answered, limited);
    }
    if (dropReports.newOverflows(bytes, slots) > 0) {
      long highest = sequence(Slots.highest(bytes, slots));
      overflowDrops.add(
          sentAtOrAfter(before),
          sentAt(answered),
          dropReports.overflowShare(answered, highest, bytes, slots));
    }
    dropReports.record(answered, bytes, slots);
  }

  /**
   * Marks probes that the reflector dropped over its limit: {@code count} of those in a range of
   * sequences that are pending and were not seen.
   */
  private void markOverloaded(long from, long before, int count) {
    int left = count;
    for (long s = Math.max(from, oldest); s < before && left > 0; s++) {
      int state = state(s);
      if ((state & (KIND | SEEN | HELLO | OVERLOADED)) == PENDING) {
        state(s, state | OVERLOADED);
        left--;
      }
    }
  }

  /** Time of sending of this probe, or of the oldest one that is still known. */
  long sentAtOrAfter(long sequence) {
    return sentAt(Math.max(sequence, oldest));
  }

  /** First pending probe; where nothing is lost, that is the next to be sent. */
  private long firstPending() {
    long first = Math.max(pendingFrom, oldest);
    while (first < next && kind(first) != PENDING) {
      first++;
    }
    pendingFrom = first;
    return first;
  }

  private void markSeen(long sequence, boolean seen) {
    int state = state(sequence);
    if ((state & KIND) == PENDING) {
      state(sequence, state | COVERED | (seen ? SEEN : 0));
    }
  }

  /** Returns whether a probe that counts has no outcome yet. */
  boolean hasPending() {
    for (long s = oldest; s < next; s++) {
      if (kind(s) == PENDING && !hasFlag(s, HELLO)) {
        return true;
      }
    }
    return false;
  }

  /** The oldest probe without an outcome or still kept for duplicates; −1 when there is none. */
  long oldest() {
    return oldest == next ? -1 : oldest;
  }

  /** Forgets the oldest. */
  void forgetOldest() {
    if (oldest == heldSequence) {
      countHeldRtt();
    }
    state(oldest, DONE);
    oldest++;
  }
}
