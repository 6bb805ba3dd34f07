package io.llamamesh.agent.collector;

import io.llamamesh.agent.wire.ProbeFormat;
import org.jspecify.annotations.Nullable;

/**
 * One source port to one target: its sequence and its probes in flight, in a ring by sequence. A
 * place in the ring is free again when its probe has its outcome.
 */
final class Flow {

  static final int DONE = 0;
  static final int PENDING = 1;
  static final int RECEIVED = 2;

  /** Added to a pending probe's state: the reflector told that it saw it. */
  static final int SEEN = 4;

  /** Added: a later reply told whether it was seen. */
  static final int COVERED = 8;

  /** Added: nobody counts it. */
  static final int HELLO = 16;

  /** Added: the reflector told that it dropped as many. */
  static final int OVERLOADED = 32;

  /** Added: its answer came back cut or longer than it was. */
  static final int SUSPICIOUS = 64;

  /** Added: answered after its timeout, by the network's own doing. */
  static final int AFTER_TIMEOUT = 128;

  /** Added: its send took long after its stamp, so that its RTT would be ours. */
  static final int STALLED = 256;

  /** Added: an ICMP error that quotes it says that nobody listens. */
  static final int REFUSED = 512;

  /** Added: an ICMP error that quotes it says that it is too long for the path. */
  static final int TOO_BIG = 1024;

  private static final int KIND = 3;
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
   * Two numbers for each place, side by side since of many flows none is in the caches: when the
   * probe was sent, and its window above its state.
   */
  private long[] ring;

  private int capacity;
  private long next;
  private long oldest;
  private long pendingFrom;
  private long highestReplied = -1;
  private long lastRtt = -1;

  /** When probes were too long for this flow's path; null until one was. */
  private @Nullable TimeIntervals tooBig;

  /** When the newest probe that was too long was sent. */
  private long tooBigSentAt;

  /** Whether one was answered in time, and when the newest of these was sent. */
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

  /** That of its target: stands before the id on the wire. */
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

  /** When in its period this flow is due, in nanoseconds. */
  long phase() {
    return phase;
  }

  /** Makes room for more probes in flight; those that are stay. */
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

  /** A probe that was sent then was answered in time: this path takes what is as long. */
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
   * A router said that a probe is too long for this path. So are those of this flow about it that
   * nobody answers: between the last that was answered and the next. Other flows may go another
   * way.
   *
   * @param sentAt when the probe was sent
   * @param from since when others are believed to have met the same
   * @param until to when that is believed
   * @return false where a later one was answered
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

  /** Whether a probe that was sent then and not answered was too long for this path. */
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

  boolean isIdle() {
    return next == oldest;
  }

  /** The sequence that the next probe gets, as it goes on the wire. */
  int nextOnWire() {
    return (int) next & MASK;
  }

  /** A probe was sent. */
  void recordSent(long monotonicNanos, int windowId, int extra) {
    int at = at(next);
    ring[at] = monotonicNanos;
    ring[at + 1] = ((long) windowId << STATE_BITS) | PENDING | extra;
    next++;
  }

  /** The whole sequence number of one on the wire, or −1 when no such probe can be in flight. */
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
   * Notes a probe's answer.
   *
   * @return true when one of a later probe came before
   */
  boolean recordAnswer(long sequence) {
    state(sequence, RECEIVED | (state(sequence) & (HELLO | STALLED)));
    boolean overtaken = sequence < highestReplied;
    highestReplied = Math.max(highestReplied, sequence);
    return overtaken;
  }

  /**
   * Keeps an RTT until a later reply tells whether the reflector sent this one without delay, or
   * until nobody can tell any more; one that is still kept is counted.
   */
  void holdRtt(long sequence, long rttNanos) {
    countHeldRtt();
    heldSequence = sequence;
    heldRtt = rttNanos;
  }

  /** The probe whose RTT is kept; −1 for none. */
  long heldSequence() {
    return heldSequence;
  }

  /** Counts the RTT that is kept: it is the network's. */
  void countHeldRtt() {
    if (heldSequence != NONE) {
      recordRtt(heldSequence, heldRtt);
      heldSequence = NONE;
    }
  }

  /** Forgets the RTT that is kept: the reflector was late with its reply. */
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
   * A reply told which probes reached the reflector: notes it for those that are still pending.
   *
   * @param highestOnWire highest sequence that it saw
   * @param tracked how many below that one the bitmap tells about
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

  /** The peer's answer to this probe came, but not as it was sent. */
  void markSuspicious(long sequence) {
    state(sequence, state(sequence) | SUSPICIOUS);
  }

  /** The network said this of the probe, and quoted it. */
  void markError(long sequence, int flag) {
    state(sequence, state(sequence) | flag);
  }

  /** The right answer to this probe came, but after its timeout. */
  void markAfterTimeout(long sequence) {
    state(sequence, state(sequence) | AFTER_TIMEOUT);
  }

  /** What the reflector told of its own drops. */
  ReflectorDropReports dropReports() {
    return dropReports;
  }

  /**
   * The reflector dropped so many of the probes from one sequence to before another: marks as many
   * of those that wait for an answer and were not seen.
   */
  void markOverloaded(long from, long before, int count) {
    int left = count;
    for (long s = Math.max(from, oldest); s < before && left > 0; s++) {
      int state = state(s);
      if ((state & (KIND | SEEN | HELLO | OVERLOADED)) == PENDING) {
        state(s, state | OVERLOADED);
        left--;
      }
    }
  }

  /** When this probe was sent, or the oldest one that is still known. */
  long sentAtOrAfter(long sequence) {
    return sentAt(Math.max(sequence, oldest));
  }

  /** No probe before this one waits for its outcome: where nothing is lost, that is the next. */
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

  /** Whether a probe that counts waits for its outcome. */
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
