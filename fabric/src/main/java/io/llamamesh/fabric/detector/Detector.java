package io.llamamesh.fabric.detector;

import io.llamamesh.fabric.detector.DetectorMessage.Ping;
import io.llamamesh.fabric.detector.DetectorMessage.Pong;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Failure detector: watches this node's neighbours by pings as datagrams and over their links,
 * those that the collector probes by its answers, and others for as long as somebody asked to.
 * Everything is keyed by identity, never by address: what another node answers at a peer's address
 * is no evidence.
 *
 * <p>Bounded by the number of neighbours, observed peers and checks, see {@link #MAX_CHECKS}.
 */
public final class Detector {

  /** Peers that may be checked at one time beside neighbours and observed peers. */
  public static final int MAX_CHECKS = 256;

  /** The owner of a detector. */
  public interface Host {

    /** Sends a ping as a datagram to the peer's identity. */
    void pingByDatagram(String peer, Ping ping);

    /** Sends a ping over the link to the peer. */
    void pingOverLink(String peer, Ping ping);

    /** A peer is heard otherwise than before. */
    void hearingChanged(String peer, Hearing before, Hearing now);
  }

  private final DetectorOptions options;
  private final Host host;
  private final Map<String, PeerMonitor> monitors = new LinkedHashMap<>();
  private final List<PeerMonitor> visited = new ArrayList<>();
  private long lastId;
  private long foreignAnswers;
  private long uncheckedForLimit;

  /** A detector that watches nobody yet. */
  public Detector(DetectorOptions options, Host host) {
    this.options = options;
    this.host = host;
  }

  /** The hearing of a peer, null if it is not watched. */
  public @Nullable Hearing hearing(String peer) {
    PeerMonitor monitor = monitors.get(peer);
    return monitor == null ? null : monitor.hearing();
  }

  /** Since when a peer is heard so; now if it is not watched. */
  public long since(String peer, long now) {
    PeerMonitor monitor = monitors.get(peer);
    return monitor == null ? now : monitor.since();
  }

  /** As of when a peer is known to have lived, {@code Long.MIN_VALUE} if nothing is known. */
  public long aliveAsOf(String peer) {
    PeerMonitor monitor = monitors.get(peer);
    return monitor == null ? Long.MIN_VALUE : monitor.aliveAsOf();
  }

  /** True when this node has heard a peer, itself, after a moment. */
  public boolean hasHeardSince(String peer, long moment) {
    PeerMonitor monitor = monitors.get(peer);
    return monitor != null && monitor.hearing().isAlive() && monitor.aliveAsOf() > moment;
  }

  /** The smoothed round-trip time to a peer in nanoseconds, -1 if none is measured. */
  public long roundTrip(String peer) {
    PeerMonitor monitor = monitors.get(peer);
    return monitor == null ? -1 : monitor.smoothedRoundTrip();
  }

  /** The longest of the smoothed round-trip times to neighbours in nanoseconds, 0 if none is. */
  public long longestNeighborRoundTrip() {
    long longest = 0;
    for (PeerMonitor monitor : monitors.values()) {
      if (monitor.isNeighbor()) {
        longest = Math.max(longest, monitor.smoothedRoundTrip());
      }
    }
    return longest;
  }

  /** Time since the last frame of a neighbour over its link; 0 if it is none. */
  public long frameAge(String peer, long now) {
    PeerMonitor monitor = monitors.get(peer);
    return monitor == null || !monitor.isNeighbor() ? 0 : monitor.frameAge(now);
  }

  /** All watched peers. */
  public Set<String> watched() {
    return monitors.keySet();
  }

  /** Answers that came from another identity than the one that was asked, since the start. */
  public long foreignAnswers() {
    return foreignAnswers;
  }

  /** Checks that were not made since too many were going on, since the start. */
  public long uncheckedForLimit() {
    return uncheckedForLimit;
  }

  /** A neighbour's link works. */
  public void neighborUp(String peer, long now) {
    monitor(peer, now).linkUp(now);
    evaluate(monitor(peer, now), now);
  }

  /** A neighbour's link is gone or is not one of a neighbour any more. */
  public void neighborDown(String peer) {
    PeerMonitor monitor = monitors.get(peer);
    if (monitor != null) {
      monitor.linkDown();
    }
  }

  /** These peers, and no others, are probed by the collector. */
  public void observe(Set<String> peers, long now) {
    for (PeerMonitor monitor : monitors.values()) {
      monitor.observe(peers.contains(monitor.name()));
    }
    for (String peer : peers) {
      monitor(peer, now).observe(true);
    }
  }

  /** Watches a peer for so long, whoever it is. */
  public void check(String peer, long now, long duration) {
    PeerMonitor monitor = monitors.get(peer);
    if (monitor == null) {
      if (checks() >= MAX_CHECKS) {
        uncheckedForLimit++;
        return;
      }
      monitor = monitor(peer, now);
    }
    monitor.checkUntil(now + duration);
    // At once, unless one is on its way.
    if (monitor.isIdle(now)) {
      pingByDatagram(monitor, now);
    }
  }

  private int checks() {
    int checks = 0;
    for (PeerMonitor monitor : monitors.values()) {
      if (monitor.isOnlyChecked()) {
        checks++;
      }
    }
    return checks;
  }

  /** Forgets all that is known of a peer. */
  public void forget(String peer) {
    monitors.remove(peer);
  }

  /** A peer began a new life. */
  public void restarted(String peer, long now) {
    PeerMonitor monitor = monitors.get(peer);
    if (monitor != null) {
      monitor.restart(now);
      evaluate(monitor, now);
    }
  }

  /**
   * A probe of the collector was answered by this identity.
   *
   * @param roundTrip the time on the way, negative where it is not known
   */
  public void probeAnswered(String peer, long sentAt, long roundTrip, long receivedAt) {
    PeerMonitor monitor = monitors.get(peer);
    if (monitor != null) {
      monitor.answered(sentAt, roundTrip, receivedAt);
      evaluate(monitor, receivedAt);
    }
  }

  /** A probe or ping of this identity arrived here as a datagram. */
  public void recordInboundPing(String peer, long now) {
    PeerMonitor monitor = monitors.get(peer);
    if (monitor != null) {
      monitor.asked(now);
      evaluate(monitor, now);
    }
  }

  /** Any frame of this identity arrived over a link. */
  public void recordFrame(String peer, long now) {
    PeerMonitor monitor = monitors.get(peer);
    if (monitor != null) {
      monitor.recordFrame(now);
      evaluate(monitor, now);
    }
  }

  /**
   * An answer arrived.
   *
   * @param stalled whether it may have waited since this process stood still
   */
  public void recordPong(String peer, Pong pong, boolean overLink, boolean stalled, long now) {
    PeerMonitor monitor = monitors.get(peer);
    if (monitor == null) {
      foreignAnswers++;
      return;
    }
    boolean measures = !stalled && !pong.stalled();
    if (overLink) {
      monitor.answeredOverLink(pong.id(), measures, now);
    } else if (!monitor.answeredDatagram(pong.id(), measures, now)) {
      foreignAnswers++;
      return;
    }
    evaluate(monitor, now);
  }

  /** The peer's host answered that nobody listens there. */
  public void refused(String peer, long now) {
    PeerMonitor monitor = monitors.get(peer);
    if (monitor != null) {
      monitor.refused(now);
      evaluate(monitor, now);
    }
  }

  /**
   * Another node, which is up, says that it does not hear this peer either. That this process stood
   * still then explains less; the peer must have been silent for as long all the same.
   */
  public void accused(String peer, long now) {
    PeerMonitor monitor = monitors.get(peer);
    if (monitor != null) {
      monitor.accused(now);
    }
  }

  /**
   * This process stood still for so long, until now: pings that waited meanwhile are given that
   * time, and nobody is silent before several new ones went unanswered.
   */
  public void addStallTime(long lag, long now) {
    for (PeerMonitor monitor : monitors.values()) {
      monitor.addStallTime(lag, now);
    }
  }

  /** Sends the pings that are due, and looks at what was missed. */
  public void tick(long now) {
    // A copy: what a change leads to may add or forget monitors.
    visited.clear();
    visited.addAll(monitors.values());
    for (int i = 0; i < visited.size(); i++) {
      PeerMonitor monitor = visited.get(i);
      if (monitors.get(monitor.name()) != monitor) {
        continue;
      }
      if (!monitor.isWanted(now)) {
        monitors.remove(monitor.name());
        continue;
      }
      if (monitor.isDatagramDue(now)) {
        pingByDatagram(monitor, now);
      }
      if (monitor.isLinkPingDue(now)) {
        long id = ++lastId;
        monitor.recordLinkPing(id, now);
        host.pingOverLink(monitor.name(), new Ping(id, true));
      }
      evaluate(monitor, now);
    }
  }

  private void pingByDatagram(PeerMonitor monitor, long now) {
    long id = ++lastId;
    monitor.recordDatagramPingSent(id, now);
    host.pingByDatagram(monitor.name(), new Ping(id, monitor.isNeighbor()));
  }

  private void evaluate(PeerMonitor monitor, long now) {
    Hearing before = monitor.hearing();
    if (monitor.evaluate(now)) {
      host.hearingChanged(monitor.name(), before, monitor.hearing());
    }
  }

  private PeerMonitor monitor(String peer, long now) {
    return monitors.computeIfAbsent(peer, name -> new PeerMonitor(name, options, now));
  }
}
