package io.llamamesh.agent.collector;

import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.net.Remote;
import io.llamamesh.agent.wire.PairSigner;
import org.jspecify.annotations.Nullable;

/**
 * State of one reflector as the collector sees it, over all classes: whether it answers, refuses or
 * drains. All times are monotonic. A state changes here and nowhere else, and the listener is
 * called for each change.
 */
final class Peer {

  private static final long SECOND = 1_000_000_000L;

  /**
   * Probes sent this long before a port-unreachable are refused too: kernels let about one a second
   * through.
   */
  static final long REFUSED_BEFORE_NANOS = 2 * SECOND;

  static final long REFUSED_AFTER_NANOS = 3 * SECOND;

  /**
   * Probes sent this long before one that was answered may have met a port that was just closed:
   * threads of a reflector do not end at one instant.
   */
  static final long CLOSING_NANOS = SECOND / 20;

  static final long DRAINING_MAX_NANOS = 120 * SECOND;

  /**
   * Longest silence that a drain mark without a key excuses: whoever sees the probes can forge it.
   */
  static final long UNKEYED_DRAINING_MAX_NANOS = 30 * SECOND;

  /** Longest silence that unkeyed drain marks of one life excuse, repeated or not. */
  static final long UNKEYED_TOTAL_NANOS = 60 * SECOND;

  /** Probes sent this long before a drain mark may not have been answered any more. */
  static final long DRAINING_BEFORE_NANOS = SECOND;

  /** Threads of a reflector do not begin to drain at one instant. */
  static final long MARKING_NANOS = SECOND / 2;

  /** A peer that answered with our slots is taken for a reflector of ours this long. */
  static final long OURS_NANOS = 600 * SECOND;

  static final long HELLO_NANOS = SECOND;
  static final long UNKEYED_REPORT_NANOS = 60 * SECOND;
  static final int SUSPECT_AFTER = 3;

  /** Time for which a network error is shown. */
  static final long ERROR_SHOWN_NANOS = 60 * SECOND;

  private final Remote remote;
  private final int nonce;
  private final PeerListener listener;
  private final DropAttribution overflowDrops = new DropAttribution();

  private PeerState state = PeerState.UP;
  private int unanswered;

  /**
   * Set while an interval of refusal or drain may last; those of a healthy peer are not checked.
   */
  private boolean troubled;

  private boolean unkeyed;
  private long unkeyedReportedAt;
  private long lastReplyAt;

  /** Times of sending of the newest probe that was answered, and of the newest that was refused. */
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
  private @Nullable PairSigner signer;

  /**
   * A peer of which nothing is known yet.
   *
   * @param nonce identifies it in all probes to it, and in no others
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

  /** Keys of the pair for probes to it; null where there never are any. */
  @Nullable PairSigner signer() {
    return signer;
  }

  void signer(PairSigner ofPair) {
    signer = ofPair;
  }

  PeerState state() {
    return state;
  }

  /** Our share of what its full receive buffer dropped. */
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

  /** Records an answer that proves that it is alive, and nothing else. */
  void recordAlive(long sentAt, long now) {
    lastReplyAt = now;
    unanswered = 0;
    if (sentAt - answeredSentAt > 0) {
      answeredSentAt = sentAt;
    }
  }

  /** Records a foreign reflector's answer to a probe of this time of sending. */
  void recordReply(long sentAt, long now) {
    recordAlive(sentAt, now);
    recordRecovery(sentAt, sentAt - drainSentAt > 0, now);
  }

  /**
   * Records our reflector's answer to a probe of this time of sending, without a drain mark.
   *
   * @param reflectorEpoch names the reflector's life
   * @return false when this life had announced a drain: the announcement was forged, and is revoked
   */
  boolean recordReply(long sentAt, long now, int reflectorEpoch) {
    recordAlive(sentAt, now);
    lastOursAt = now;
    isEpochKnown = true;
    epoch = reflectorEpoch;
    boolean isBack = sentAt - drainSentAt > 0;
    boolean contradicted = false;
    if (drainAnnounced && drainEpoch == reflectorEpoch) {
      // Probes sent before we heard of the drain may have been answered before it began.
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
   * Records our reflector's answer to a probe in flight with a drain mark. A reflector drains once
   * in each of its lives.
   *
   * @param reflectorEpoch names the reflector's life
   * @param authentic the answer is signed by a holder of the key
   * @return false when it is not believed: without a key it must be of the life that answered last
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
        changeState(PeerState.REFUSED); // the answered probe was sent before the port was closed
        return;
      }
    }
    changeState(PeerState.UP);
  }

  /**
   * Returns whether a reflector of ours answered recently: then answers come from its address only.
   */
  boolean isOurs(long now) {
    return isEpochKnown && now - lastOursAt < OURS_NANOS;
  }

  /** Records an answer without a valid key; returns whether to report it, at most once a minute. */
  boolean shouldReportUnkeyed(long now) {
    boolean report = !unkeyed || now - unkeyedReportedAt > UNKEYED_REPORT_NANOS;
    if (report) {
      unkeyed = true;
      unkeyedReportedAt = now;
    }
    return report;
  }

  /**
   * Records a port-unreachable of its host, sent between our last read and now. Other probes are
   * taken for refused only between the last that was answered before and the first that is answered
   * after.
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

  /** Records a network error about a probe. */
  void recordError(PeerError error, long now) {
    lastError = error;
    lastErrorAt = now;
  }

  /**
   * Records that a probe was too long for a path to it, whose MTU is this many bytes.
   *
   * @param sentAt when that probe was sent
   */
  void recordTooBig(int mtu, long sentAt) {
    if (pathMtu == 0 || sentAt - tooBigSentAt > 0) {
      tooBigSentAt = sentAt;
    }
    pathMtu = mtu;
  }

  /** Path MTU in bytes; 0 where no probe was too long. */
  int pathMtu() {
    return pathMtu;
  }

  /**
   * Records that a probe above the path MTU came back: if it was sent since, the path takes longer
   * ones now.
   */
  void confirmFits(long sentAt) {
    if (sentAt - tooBigSentAt > 0) {
      pathMtu = 0;
    }
  }

  /** Status for people; null when it is up, without recent error and without a known path MTU. */
  @Nullable PeerStatus status(long now) {
    PeerError error = lastError != null && now - lastErrorAt < ERROR_SHOWN_NANOS ? lastError : null;
    return state == PeerState.UP && error == null && pathMtu == 0
        ? null
        : new PeerStatus(remote.address(), state, error, pathMtu);
  }

  /**
   * Records a lost probe: the peer is suspect after {@link #SUSPECT_AFTER} of them in a row, and
   * down once it was silent for {@code downAfterNanos}. It proves nothing about the peer when
   * another probe was answered after it was sent: then the path loses, but the peer is alive.
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

  /** Returns whether probes were sent for this long and nothing came back, not even an error. */
  boolean isSilent(long now, long nanos) {
    return (state == PeerState.SUSPECT || state == PeerState.DOWN) && now - lastReplyAt >= nanos;
  }

  /** Ends states whose time is up. */
  void expireStates(long now) {
    if (state == PeerState.REFUSED && !refused.lastsBeyond(now)) {
      changeState(PeerState.SUSPECT);
    }
    if (state == PeerState.DRAINING && !draining.lastsBeyond(now)) {
      changeState(PeerState.UP);
    }
  }

  /** Returns whether an unanswered probe of this time of sending met a closed port. */
  boolean wasRefused(long sentAt) {
    return refused.contains(sentAt, 0);
  }

  /** Returns whether an unanswered probe of this time of sending met a peer that drained. */
  boolean wasDraining(long sentAt, long timeoutNanos) {
    return draining.contains(sentAt, Math.min(timeoutNanos, DRAINING_BEFORE_NANOS));
  }

  /** Returns whether a hello to a draining peer is due; true once a second. */
  boolean isHelloDue(long now) {
    if (state != PeerState.DRAINING || now - helloAt < 0) {
      return false;
    }
    helloAt = now + HELLO_NANOS;
    return true;
  }
}
