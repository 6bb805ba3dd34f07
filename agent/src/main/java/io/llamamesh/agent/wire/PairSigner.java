package io.llamamesh.agent.wire;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keys of the probes to one target at one address. A key signs once the target has answered a test
 * by it: a probe that nobody counts. So no probe is ever signed by what its reflector does not
 * take, whatever version that is, and whichever keys have come to it. From then on only keys of the
 * pair sign, until whoever hands them out says otherwise: silence leads back to no key that others
 * have.
 *
 * <p>Any thread may call.
 */
public final class PairSigner {

  /** Keys by which answers are still taken; rotations are far apart. */
  private static final int KNOWN = 8;

  /** The time for which a reflector takes what has been replaced. */
  private static final Duration LINGER = Duration.ofMinutes(15);

  private static final long MILLI = 1_000_000L;
  private static final int OFTEN = 10;
  private static final int SOMETIMES = 40;

  private record Labelled(int label, PairKey key) {}

  /**
   * What is signed with.
   *
   * @param proven the key that signs; null while none does
   * @param candidate the key to be tested; null where the proven one is the one wanted
   * @param known all whose answers are taken, newest last
   */
  private record State(
      @Nullable Labelled proven, @Nullable Labelled candidate, List<Labelled> known) {}

  private volatile State state = new State(null, null, List.of());
  private volatile int tests;
  private volatile long testedAt;
  private int labels;
  private boolean candidatesTurn;
  private @Nullable Instant goneSince;

  /** A signer without keys. */
  PairSigner() {}

  /**
   * Takes the keys that may sign.
   *
   * @param keys the one wanted first, then others that the target takes still; empty: none may sign
   */
  synchronized void offer(List<PairKey> keys, Instant now) {
    State before = state;
    if (keys.isEmpty()) {
      goneSince = null;
      state = new State(null, null, before.known());
      return;
    }
    Labelled proven = before.proven();
    if (proven == null || keys.stream().anyMatch(proven.key()::isSame)) {
      goneSince = null;
    } else if (goneSince == null) {
      goneSince = now;
    }
    PairKey wanted = keys.getFirst();
    if (proven != null && proven.key().isSame(wanted)) {
      state = new State(proven, null, before.known());
      return;
    }
    Labelled candidate = before.candidate();
    if (candidate == null || !candidate.key().isSame(wanted)) {
      List<Labelled> known = new ArrayList<>(before.known());
      candidate = labelled(wanted, known);
      tests = 0;
      state = new State(proven, candidate, List.copyOf(known));
    }
    Instant gone = goneSince;
    if (gone != null && !now.isBefore(gone.plus(LINGER))) {
      // The target takes the old one no more: whatever it takes, it is not that.
      goneSince = null;
      state = new State(candidate, null, state.known());
    }
  }

  /** The key with its label, under which it is known from now on. */
  private Labelled labelled(PairKey key, List<Labelled> known) {
    for (Labelled each : known) {
      if (each.key().isSame(key)) {
        return each;
      }
    }
    Labelled added = new Labelled(PairKey.FIRST_LABEL + labels++ % PairKey.LABELS, key);
    known.add(added);
    if (known.size() > KNOWN) {
      known.removeFirst();
    }
    return added;
  }

  /** Returns whether a key of the pair signs. */
  public boolean isProven() {
    return state.proven() != null;
  }

  /**
   * Signs a request by a key of the pair, where one has been proven.
   *
   * @param hello it asks whether the target is back, which may have other keys now: those proven
   *     and those wanted take turns
   * @return false where none has been proven; nothing is written then
   */
  public boolean trySign(ByteBuffer bytes, boolean hello) {
    State now = state;
    Labelled by = now.proven();
    if (by == null) {
      return false;
    }
    Labelled candidate = now.candidate();
    if (hello && candidate != null) {
      candidatesTurn = !candidatesTurn;
      by = candidatesTurn ? candidate : by;
    }
    by.key().signRequest(bytes, 0, by.label());
    return true;
  }

  /** Returns whether a key waits to be tested, and it is time to. */
  public boolean isTestDue(long monotonicNanos) {
    return state.candidate() != null
        && (tests == 0 || monotonicNanos - testedAt >= pauseAfter(tests));
  }

  private static long pauseAfter(int tests) {
    return (tests < OFTEN ? 100 : tests < SOMETIMES ? 1000 : 10_000) * MILLI;
  }

  /** Signs a request by the key to be tested; returns false where there is none any more. */
  public boolean trySignTest(ByteBuffer bytes, long monotonicNanos) {
    Labelled candidate = state.candidate();
    if (candidate == null) {
      return false;
    }
    testedAt = monotonicNanos;
    tests = Math.min(tests + 1, SOMETIMES);
    candidate.key().signRequest(bytes, 0, candidate.label());
    return true;
  }

  /**
   * Checks an answer to a probe that was signed here.
   *
   * @return the label of its key; 0 when it is not signed by a key of the pair
   */
  public int verify(ByteBuffer bytes, int offset, int length) {
    return OurFrame.matches(bytes, offset, length) ? signedBy(bytes, offset) : 0;
  }

  /** Checks the start of a frame of ours whose end is missing; see {@link ProbeKeys}. */
  public boolean isHeadVerified(ByteBuffer bytes, int offset, int length, int direction) {
    return length >= ProbeFormat.MIN_DATAGRAM
        && Slots.direction(bytes, offset + ProbeFormat.AT_SLOTS) == direction
        && signedBy(bytes, offset) != 0;
  }

  private int signedBy(ByteBuffer bytes, int offset) {
    int label = bytes.get(offset + ProbeFormat.AT_SLOTS + Slots.AT_KEY) & 0xff;
    List<Labelled> known = state.known();
    for (int i = known.size() - 1; i >= 0; i--) {
      Labelled each = known.get(i);
      if (each.label() == label) {
        return each.key().isSignerOf(bytes, offset) ? label : 0;
      }
    }
    return 0;
  }

  /** Records that the target answered by the key of a label. */
  public void recordAnswered(int label) {
    Labelled waiting = state.candidate();
    if (waiting != null && waiting.label() == label) {
      prove(label);
    }
  }

  private synchronized void prove(int label) {
    State now = state;
    Labelled candidate = now.candidate();
    if (candidate != null && candidate.label() == label) {
      state = new State(candidate, null, now.known());
      goneSince = null;
    }
  }
}
