package io.llamamesh.agent.collector;

import io.llamamesh.agent.net.UdpSocket;

/** One local port of a class, shared by all targets of one address family. */
final class SourcePort {

  /** A drop is told by what comes next, some milliseconds later: the share is that of so long. */
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

  /** How many replies its full buffer is expected to have dropped. */
  DropAttribution overflowDrops() {
    return overflowDrops;
  }

  /** A datagram was read; {@code reply} when it answers a probe of ours. */
  void recordArrival(boolean reply) {
    arrivals++;
    ours += reply ? 1 : 0;
  }

  /**
   * Notes what the kernel dropped since the last call, to probes sent since then or just before.
   * Whose datagrams those were nobody knows: what counts is the share that replies have in what
   * arrived of late, so that rubbish thrown at this port cannot excuse the network, however long it
   * was quiet before.
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

  /** One flow less; true when it was the last. */
  boolean release() {
    users--;
    return users == 0;
  }
}
