package io.llamamesh.agent.collector;

import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.net.Remote;
import org.jspecify.annotations.Nullable;

/**
 * What the collector knows of one reflector, over all classes: whether it answers, refuses, or said
 * goodbye. All times are monotonic. A state changes here and nowhere else, and the listener hears
 * of it.
 */
final class Peer {

  private static final long SECOND = 1_000_000_000L;

  /**
   * Kernels let about one port-unreachable a second through: what lies this close is refused too.
   */
  static final long REFUSED_BEFORE_NANOS = 2 * SECOND;

  static final long REFUSED_AFTER_NANOS = 3 * SECOND;

  /**
   * What was sent this long before a probe that was answered may have met a port that was just
   * closed: threads of a reflector do not end at one instant.
   */
  static final long CLOSING_NANOS = SECOND / 20;

  static final long DRAINING_MAX_NANOS = 120 * SECOND;

  /** How long a goodbye without a key excuses silence: whoever sees the probes can say it. */
  static final long UNKEYED_DRAINING_MAX_NANOS = 30 * SECOND;

  /** The longest that goodbyes of one life without a key excuse, said again or not. */
  static final long UNKEYED_TOTAL_NANOS = 60 * SECOND;

  /** What was sent this long before a goodbye may not have been answered any more. */
  static final long DRAINING_BEFORE_NANOS = SECOND;

  /** Threads of a reflector do not begin to say goodbye at one instant. */
  static final long MARKING_NANOS = SECOND / 2;

  /** Who answered as a reflector of ours is taken for one this long. */
  static final long OURS_NANOS = 600 * SECOND;

  static final long HELLO_NANOS = SECOND;
  static final long UNKEYED_REPORT_NANOS = 60 * SECOND;
  static final int SUSPECT_AFTER = 3;

  /** How long an error of the network is worth telling. */
  static final long ERROR_SHOWN_NANOS = 60 * SECOND;

  private final Remote remote;
  private final int nonce;
  private final PeerListener listener;
  private final DropAttribution overflowDrops = new DropAttribution();

  private PeerState state = PeerState.UP;
  private int unanswered;

  /** Whether a span of refusal or goodbye may last: of a peer that is well none is looked at. */
  private boolean troubled;

  private boolean unkeyed;
  private long unkeyedReportedAt;
  private long lastReplyAt;

  /** When the newest probe that was answered was sent, and the newest that was refused. */
  private long answeredSentAt;

  private long refusedSentAt;
  private boolean isEpochKnown;
  private int epoch;
  private long lastOursAt;
  private boolean drainAnnounced;
  private int drainEpoch;
  private long drainSentAt;
  private long drainHeardAt;
  private boolean isDrainAuthentic;
  private boolean isDrainFalse;
  private final TimeIntervals refused = new TimeIntervals();
  private final TimeIntervals draining = new TimeIntervals();
  private long helloAt;

  private long tooBigSentAt;
  private int pathMtu;
  private @Nullable PeerError lastError;
  private long lastErrorAt;

  /**
   * A peer of which nothing is known yet.
   *
   * @param nonce stands in all probes to it and in no others
   */
  Peer(Remote remote, int nonce, PeerListener listener, long now) {
    this.remote = remote;
    this.nonce = nonce;
    this.listener = listener;
    this.lastReplyAt = now;
    this.answeredSentAt = now - 1;
    this.refusedSentAt = now - 1;
    this.drainSentAt = now - 1;
  }

  Remote remote() {
    return remote;
  }

  int nonce() {
    return nonce;
  }

  PeerState state() {
    return state;
  }

  /** Our share of what its full buffer dropped. */
  DropAttribution overflowDrops() {
    return overflowDrops;
  }

  private void changeState(PeerState next) {
    if (state != next) {
      PeerState before = state;
      state = next;
      listener.changed(remote.address(), before, next);
    }
  }

  /** Something came back that proves that it is there, and nothing else. */
  void recordAlive(long sentAt, long now) {
    lastReplyAt = now;
    unanswered = 0;
    if (sentAt - answeredSentAt > 0) {
      answeredSentAt = sentAt;
    }
  }

  /** A foreign reflector answered a probe that was sent then. */
  void recordReply(long sentAt, long now) {
    recordAlive(sentAt, now);
    recordRecovery(sentAt, sentAt - drainSentAt > 0, now);
  }

  /**
   * A reflector of ours answered a probe that was sent then, and did not say goodbye.
   *
   * @param reflectorEpoch names the reflector's life
   * @return false when this life had said goodbye: that was somebody else, and it is taken back
   */
  boolean recordReply(long sentAt, long now, int reflectorEpoch) {
    recordAlive(sentAt, now);
    lastOursAt = now;
    isEpochKnown = true;
    epoch = reflectorEpoch;
    boolean isBack = sentAt - drainSentAt > 0;
    boolean contradicted = false;
    if (drainAnnounced && drainEpoch == reflectorEpoch) {
      // What was sent before we heard it may have been answered before it was said.
      contradicted = !isDrainFalse && sentAt - drainHeardAt > MARKING_NANOS;
      if (contradicted) {
        isDrainFalse = true;
        draining.revokeNewest();
      }
      isBack = isDrainFalse;
    }
    recordRecovery(sentAt, isBack, now);
    return !contradicted;
  }

  /**
   * A reflector of ours answered a probe in flight, and said that it is about to stop. It says so
   * once in each of its lives.
   *
   * @param reflectorEpoch names the reflector's life
   * @param authentic nobody but a holder of the key can have said it
   * @return false when it is not believed: without a key it has to be of the life that answered
   *     last
   */
  boolean recordDrain(long sentAt, long now, int reflectorEpoch, boolean authentic) {
    recordAlive(sentAt, now);
    lastOursAt = now;
    if (drainAnnounced && drainEpoch == reflectorEpoch && (isDrainAuthentic || !authentic)) {
      if (!draining.lastsBeyond(now)) {
        recordRecovery(sentAt, true, now);
      } else if (!isDrainAuthentic) {
        long end = drainHeardAt + UNKEYED_TOTAL_NANOS;
        long until = now + UNKEYED_DRAINING_MAX_NANOS;
        draining.add(now, until - end > 0 ? end : until);
      }
      return !isDrainFalse;
    }
    if (!authentic && isEpochKnown && epoch != reflectorEpoch) {
      recordRecovery(sentAt, sentAt - drainSentAt > 0, now);
      return false;
    }
    isEpochKnown = true;
    epoch = reflectorEpoch;
    drainAnnounced = true;
    drainEpoch = reflectorEpoch;
    drainSentAt = sentAt;
    drainHeardAt = now;
    isDrainAuthentic = authentic;
    isDrainFalse = false;
    helloAt = now + HELLO_NANOS;
    draining.add(now, now + (authentic ? DRAINING_MAX_NANOS : UNKEYED_DRAINING_MAX_NANOS));
    troubled = true;
    changeState(PeerState.DRAINING);
    return true;
  }

  private void recordRecovery(long sentAt, boolean isBack, long now) {
    if (troubled) {
      if (isBack) {
        draining.endAt(sentAt);
      }
      boolean isOpen = sentAt - refusedSentAt > 0;
      if (isOpen) {
        refused.endAt(sentAt);
      }
      troubled = !isBack || !isOpen;
      if (draining.lastsBeyond(now)) {
        return;
      }
      if (refused.lastsBeyond(now)) {
        changeState(PeerState.REFUSED); // what was answered was sent before the port was closed
        return;
      }
    }
    changeState(PeerState.UP);
  }

  /** Whether a reflector of ours answered there of late: then answers come from there only. */
  boolean isOurs(long now) {
    return isEpochKnown && now - lastOursAt < OURS_NANOS;
  }

  /** It answered without a valid key; true when that is to be told, at most once a minute. */
  boolean shouldReportUnkeyed(long now) {
    boolean tell = !unkeyed || now - unkeyedReportedAt > UNKEYED_REPORT_NANOS;
    if (tell) {
      unkeyed = true;
      unkeyedReportedAt = now;
    }
    return tell;
  }

  /**
   * Its host said, some time between our last look and now, that nobody listened to a probe. Others
   * are believed to have met the same only where no answer says otherwise: between the last that
   * was answered before and the first that is answered after.
   *
   * @param sentAt when the probe was sent
   */
  void recordRefused(long sentAt, long since, long now) {
    if (sentAt - refusedSentAt > 0) {
      refusedSentAt = sentAt;
    }
    if (answeredSentAt - sentAt > 0) {
      return; // there was an answer to a later one
    }
    long open = answeredSentAt - CLOSING_NANOS;
    long from = since - REFUSED_BEFORE_NANOS;
    refused.add(from - open < 0 ? open : from, now + REFUSED_AFTER_NANOS);
    troubled = true;
    if (state != PeerState.DRAINING) {
      changeState(PeerState.REFUSED);
    }
  }

  /** The network said something about a probe. */
  void recordError(PeerError error, long now) {
    lastError = error;
    lastErrorAt = now;
  }

  /**
   * A probe did not fit: a path to it takes packets of this many bytes.
   *
   * @param sentAt when that probe was sent
   */
  void recordTooBig(int mtu, long sentAt) {
    if (pathMtu == 0 || sentAt - tooBigSentAt > 0) {
      tooBigSentAt = sentAt;
    }
    pathMtu = mtu;
  }

  /** Bytes of a packet that the path takes; 0 where none was too long. */
  int pathMtu() {
    return pathMtu;
  }

  /** A probe that should not fit has come back: if sent since, the path takes longer ones now. */
  void confirmFits(long sentAt) {
    if (sentAt - tooBigSentAt > 0) {
      pathMtu = 0;
    }
  }

  /** What people may want to know of it; null when it answers and nothing was said of it lately. */
  @Nullable PeerStatus status(long now) {
    PeerError error = lastError != null && now - lastErrorAt < ERROR_SHOWN_NANOS ? lastError : null;
    return state == PeerState.UP && error == null && pathMtu == 0
        ? null
        : new PeerStatus(remote.address(), state, error, pathMtu);
  }

  /**
   * A probe was given up as lost. It says nothing about the peer when another that was sent later,
   * or even before, was answered after it: then the path loses, but the peer is there.
   */
  void recordUnanswered(long sentAt, long now, long downAfterNanos) {
    if (sentAt - lastReplyAt < 0) {
      return;
    }
    unanswered++;
    if (state == PeerState.UP && unanswered >= SUSPECT_AFTER) {
      changeState(PeerState.SUSPECT);
    }
    if (state == PeerState.SUSPECT && now - lastReplyAt > downAfterNanos) {
      changeState(PeerState.DOWN);
    }
  }

  /** Ends states that last only so long. */
  void expireStates(long now) {
    if (state == PeerState.REFUSED && !refused.lastsBeyond(now)) {
      changeState(PeerState.SUSPECT);
    }
    if (state == PeerState.DRAINING && !draining.lastsBeyond(now)) {
      changeState(PeerState.UP);
    }
  }

  /** Whether a probe that was sent then and not answered met a closed port. */
  boolean wasRefused(long sentAt) {
    return refused.contains(sentAt, 0);
  }

  /** Whether a probe that was sent then and not answered met a peer that had said goodbye. */
  boolean wasDraining(long sentAt, long timeoutNanos) {
    return draining.contains(sentAt, Math.min(timeoutNanos, DRAINING_BEFORE_NANOS));
  }

  /** Whether it is time to ask a peer that said goodbye whether it is back; asks once a second. */
  boolean isHelloDue(long now) {
    if (state != PeerState.DRAINING || now - helloAt < 0) {
      return false;
    }
    helloAt = now + HELLO_NANOS;
    return true;
  }
}
