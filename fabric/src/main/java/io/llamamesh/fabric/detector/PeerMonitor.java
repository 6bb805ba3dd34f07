package io.llamamesh.fabric.detector;

/**
 * The evidence of one peer's life. Evidence by probes is dated by the probe that was answered,
 * since an answer says nothing about the time after that; evidence over a link by its arrival.
 */
final class PeerMonitor {

  private static final long MS = 1_000_000L;
  private static final long NEVER = Long.MIN_VALUE / 2;

  /** Pings to a peer that does not answer. */
  private static final long SLOW = 1_000 * MS;

  /** Pings to a neighbour one of whose pings is late. */
  private static final long FAST = 100 * MS;

  /**
   * The part of the silence that makes a peer silent which must come after this process stood still
   * itself: the peer's answers of before are read by then, and several new pings are due.
   */
  private static final double AFTER_STALL = 0.5;

  /** Within that time after this process stood still it has read what waited for it. */
  private static final long READ_AFTER_STALL = 60 * MS;

  /** How recent a peer's question must be for the peer to be alive though it does not answer. */
  private static final long ASKED_JUST_NOW = 450 * MS;

  /** The same once that is known: it then asks once a second, as this node does. */
  private static final long ASKED_LATELY = 2_500 * MS;

  /** What a way must be silent for longer than the other before it alone is called cut. */
  private static final long ONE_WAY_PATIENCE = 800 * MS;

  /** Probes in a row without an answer before they are called cut. */
  private static final int ONE_WAY_MISSES = 6;

  private final String name;
  private final DetectorOptions options;
  private final RoundTrip roundTrip;
  private final PingLog datagrams = new PingLog();
  private final PingLog linkPings = new PingLog();

  private boolean neighbor;
  private boolean observed;
  private long checkedUntil = NEVER;
  private long probeAsOf;
  private long linkAsOf = NEVER;
  private long linkCountedFrom = NEVER;
  private long askedAt = NEVER;
  private long answeredAsOf = NEVER;
  private long refusedAt = NEVER;
  private long answerGap;
  private long restartedAt = NEVER;
  private long accusedAt = NEVER;
  private long stallEndedAt = NEVER;
  private Hearing hearing = Hearing.HEARD;
  private long since;

  PeerMonitor(String name, DetectorOptions options, long now) {
    this.name = name;
    this.options = options;
    this.roundTrip = new RoundTrip(options, now);
    this.probeAsOf = now;
    this.since = now;
  }

  String name() {
    return name;
  }

  Hearing hearing() {
    return hearing;
  }

  /** Since when it is heard so. */
  long since() {
    return since;
  }

  long smoothedRoundTrip() {
    return roundTrip.smoothed();
  }

  /**
   * The moment as of which it is known to have lived. That it is watched since is no evidence, it
   * is only not held against it that it was not asked before.
   */
  long aliveAsOf() {
    return Math.max(Math.max(answeredAsOf, linkAsOf), askedAt);
  }

  /** Time without a frame over the link, without that in which this process stood still. */
  long frameAge(long now) {
    return now - linkCountedFrom;
  }

  boolean isNeighbor() {
    return neighbor;
  }

  /** True when somebody still wants to know of it. */
  boolean isWanted(long now) {
    return neighbor || observed || now < checkedUntil;
  }

  boolean isOnlyChecked() {
    return !neighbor && !observed;
  }

  void linkUp(long now) {
    neighbor = true;
    linkPings.clear();
    linkAsOf = now;
    linkCountedFrom = now;
  }

  void linkDown() {
    neighbor = false;
    linkPings.clear();
  }

  void observe(boolean wanted) {
    observed = wanted;
  }

  void checkUntil(long until) {
    checkedUntil = Math.max(checkedUntil, until);
  }

  /**
   * A new life, by its own hello or by others' word: what the last one missed is not counted
   * against it. Until it is heard itself, the word of another new life gives it no more time.
   */
  void restart(long now) {
    if (restartedAt > aliveAsOf()) {
      return;
    }
    restartedAt = now;
    datagrams.clear();
    linkPings.clear();
    probeAsOf = now;
    refusedAt = NEVER;
  }

  /**
   * An answer to a probe of whatever kind.
   *
   * @param rtt the time on the way, negative where it is not known
   */
  void answered(long sentAt, long rtt, long now) {
    if (sentAt > now) {
      return; // no evidence comes from the future
    }
    roundTrip.sample(now, rtt);
    answeredAsOf = Math.max(answeredAsOf, sentAt);
    if (sentAt > probeAsOf) {
      answerGap += (Math.min(sentAt - probeAsOf, SLOW) - answerGap) / 8;
      probeAsOf = sentAt;
    }
  }

  /** An answer to a ping of ours that was sent as a datagram. */
  boolean answeredDatagram(long id, boolean measures, long now) {
    long sentAt = datagrams.sentAt(id);
    if (sentAt == Long.MIN_VALUE) {
      return false;
    }
    answered(sentAt, measures || isFirstMeasure(now - sentAt) ? now - sentAt : -1, now);
    return true;
  }

  /**
   * True where nothing is measured yet and an answer came in good time though it may have waited:
   * the way takes no longer than that.
   */
  private boolean isFirstMeasure(long atMost) {
    return roundTrip.smoothed() < 0 && atMost <= options.maxTimeout();
  }

  void recordFrame(long now) {
    linkAsOf = Math.max(linkAsOf, now);
    linkCountedFrom = linkAsOf;
  }

  /** An answer over a link measures the path only if no probe does. */
  void answeredOverLink(long id, boolean measures, long now) {
    long sentAt = linkPings.sentAt(id);
    if (sentAt != Long.MIN_VALUE
        && (measures || isFirstMeasure(now - sentAt))
        && (roundTrip.smoothed() < 0 || hearing != Hearing.HEARD)) {
      roundTrip.sample(now, now - sentAt);
    }
  }

  void asked(long now) {
    askedAt = Math.max(askedAt, now);
  }

  void refused(long now) {
    refusedAt = now;
  }

  /** Another node that is up says that it does not hear this peer either. */
  void accused(long now) {
    accusedAt = now;
  }

  void addStallTime(long lag, long now) {
    long latest = now - (long) (AFTER_STALL * roundTrip.hold());
    datagrams.addStallTime(lag, latest);
    linkPings.addStallTime(lag, latest);
    linkCountedFrom += neighbor ? lag : 0;
    stallEndedAt = now;
  }

  /** True when a ping is due as a datagram. */
  boolean isDatagramDue(long now) {
    long timeout = roundTrip.timeout();
    boolean late = datagrams.missed(probeAsOf, now, timeout) > 0;
    boolean answers = hearing == Hearing.HEARD;
    long spacing = !answers ? SLOW : late ? Math.min(FAST, options.interval()) : options.interval();
    return now - probeAsOf >= quiet() && datagrams.isIdle(now, spacing);
  }

  /**
   * Time without an answer after which a ping is due. Who is probed anyway is pinged only when
   * those probes go unanswered for longer than usual, a neighbour at once then.
   */
  private long quiet() {
    if (!observed) {
      return options.interval();
    }
    return neighbor
        ? Math.min(options.interval(), Math.max(FAST, 2 * answerGap))
        : Math.max(400 * MS, 3 * answerGap);
  }

  /** True when no ping was sent just now. */
  boolean isIdle(long now) {
    return datagrams.isIdle(now, FAST / 2);
  }

  /** True when a ping is due over the link. */
  boolean isLinkPingDue(long now) {
    if (!neighbor) {
      return false;
    }
    boolean late = datagrams.missed(probeAsOf, now, roundTrip.timeout()) > 0;
    boolean cut = hearing != Hearing.HEARD;
    return linkPings.isIdle(now, !late ? SLOW : cut ? options.interval() : FAST);
  }

  void recordDatagramPingSent(long id, long now) {
    datagrams.record(id, now);
  }

  void recordLinkPing(long id, long now) {
    linkPings.record(id, now);
  }

  /**
   * Looks at the evidence again.
   *
   * @return whether this peer is heard otherwise than before
   */
  boolean evaluate(long now) {
    Hearing found = find(now);
    if (found == hearing) {
      return false;
    }
    // What a way of many seconds without any answer was, it was from its first moment on.
    since = found == Hearing.HEARD ? now : hearing == Hearing.HEARD ? firstMissed(now) : since;
    hearing = found;
    return true;
  }

  private long firstMissed(long now) {
    return Math.min(now, Math.max(probeAsOf, linkAsOf));
  }

  private Hearing find(long now) {
    long alive = Math.max(probeAsOf, linkAsOf);
    if (refusedAt > alive && !neighbor) {
      return Hearing.REFUSED;
    }
    long timeout = roundTrip.timeout();
    long hold = roundTrip.hold();
    if (isSilent(alive, now, timeout, hold)) {
      boolean known = hearing == Hearing.UNHEARD_BY_PEER;
      return now - askedAt <= (known ? ASKED_LATELY : ASKED_JUST_NOW)
          ? Hearing.UNHEARD_BY_PEER
          : Hearing.SILENT;
    }
    // A frame, or a link that is closed on purpose, says nothing new of probes that did not arrive
    // before.
    if ((neighbor || hearing != Hearing.HEARD) && isCutForProbes(now, timeout, hold)) {
      return now - askedAt <= ASKED_LATELY ? Hearing.PROBES_UNHEARD_BY_PEER : Hearing.NO_PROBES;
    }
    return Hearing.HEARD;
  }

  private boolean isSilent(long alive, long now, long timeout, long hold) {
    if (hearing == Hearing.SILENT || hearing == Hearing.UNHEARD_BY_PEER) {
      return datagrams.firstAfter(alive) != Long.MAX_VALUE; // until something newer is answered
    }
    int missed =
        Math.max(datagrams.missed(alive, now, timeout), linkPings.missed(alive, now, timeout));
    long first = Math.min(datagrams.firstAfter(alive), linkPings.firstAfter(alive));
    if (missed >= options.missedPings() && now - first >= hold) {
      return true;
    }
    return accusedAt > alive && missed > 0 && isSilentByTheClock(alive, now, timeout, hold);
  }

  /**
   * The same without regard to the time in which this process stood still: that explains why this
   * node hears nothing, and not why another hears nothing either. Answers that waited here are read
   * by then, and one to what was asked after that has come.
   */
  private boolean isSilentByTheClock(long alive, long now, long timeout, long hold) {
    int missed =
        Math.max(
            datagrams.missedByTheClock(alive, now, timeout),
            linkPings.missedByTheClock(alive, now, timeout));
    long first = Math.min(datagrams.firstSentAfter(alive), linkPings.firstSentAfter(alive));
    boolean isRead = now - stallEndedAt >= READ_AFTER_STALL + 2 * Math.max(0, roundTrip.smoothed());
    return isRead && missed >= options.missedPings() && now - first >= hold;
  }

  private boolean isCutForProbes(long now, long timeout, long hold) {
    boolean known = hearing == Hearing.NO_PROBES || hearing == Hearing.PROBES_UNHEARD_BY_PEER;
    if (known) {
      return datagrams.firstAfter(probeAsOf) != Long.MAX_VALUE;
    }
    return datagrams.missed(probeAsOf, now, timeout) >= ONE_WAY_MISSES
        && now - datagrams.firstAfter(probeAsOf) >= hold + ONE_WAY_PATIENCE;
  }
}
