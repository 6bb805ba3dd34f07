package io.llamamesh.agent.collector;

import io.llamamesh.agent.net.UdpSocket;

/** A local UDP port of a class, shared by all targets of one address family. */
final class SourcePort {

  /**
   * Time over which the share of replies is taken: a drop is reported with the next datagram, some
   * milliseconds later.
   */
  static final long RECENT_NANOS = 50_000_000L;

  private final UdpSocket socket;
  private final DropAttribution overflowDrops = new DropAttribution();
  private long overflowsSeen;
  private long othersSeen;
  private long checkedAt;
  private long turnedAt;
  private long arrivals;
  private long ours;
  private long arrivalsBefore;
  private long oursBefore;
  private int users;

  SourcePort(UdpSocket socket, long now) {
    this.socket = socket;
    this.checkedAt = now;
    this.turnedAt = now;
  }

  UdpSocket socket() {
    return socket;
  }

  int port() {
    return socket.local().getPort();
  }

  /** Expected number of replies that its full buffer dropped. */
  DropAttribution overflowDrops() {
    return overflowDrops;
  }

  /** Records a datagram that was read; {@code reply} when it answers a probe of ours. */
  void recordArrival(boolean reply) {
    arrivals++;
    ours += reply ? 1 : 0;
  }

  /**
   * Attributes the kernel's drops since the last call to probes sent since then or just before. The
   * kernel does not say whose they were: the share of replies in recent arrivals decides, so that
   * other traffic to this port cannot excuse the network, however long it was quiet before.
   */
  void checkOverflow(long now) {
    long overflows = socket.overflows();
    if (overflows > overflowsSeen) {
      long all = arrivals + arrivalsBefore;
      double share = all == 0 ? 1 : (double) (ours + oursBefore) / all;
      overflowDrops.add(checkedAt, now, (overflows - overflowsSeen) * share);
      overflowsSeen = overflows;
    }
    if (now - turnedAt >= RECENT_NANOS) {
      turnedAt = now;
      arrivalsBefore = arrivals;
      oursBefore = ours;
      arrivals = 0;
      ours = 0;
    }
    checkedAt = now;
  }

  /** Datagrams that the kernel dropped for a wrong checksum since the last call. */
  long takeChecksumErrors() {
    long before = othersSeen;
    othersSeen = socket.otherDrops();
    return othersSeen - before;
  }

  void acquire() {
    users++;
  }

  /** Releases the port for one flow; returns true when it was the last. */
  boolean release() {
    users--;
    return users == 0;
  }
}
