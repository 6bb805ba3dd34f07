package io.llamamesh.agent.collector;

import io.llamamesh.agent.net.UdpSocket;

/** One local port of a class, shared by all targets of one address family. */
final class SourcePort {

  private final UdpSocket socket;
  private final DropShare drops = new DropShare();
  private long overflowsSeen;
  private long checkedAt;
  private long arrivals;
  private long ours;
  private int users;

  SourcePort(UdpSocket socket, long now) {
    this.socket = socket;
    this.checkedAt = now;
  }

  UdpSocket socket() {
    return socket;
  }

  int port() {
    return socket.local().getPort();
  }

  /** How many replies its full buffer is expected to have dropped. */
  DropShare drops() {
    return drops;
  }

  /** A datagram was read; {@code reply} when it answers a probe of ours. */
  void arrived(boolean reply) {
    arrivals++;
    ours += reply ? 1 : 0;
  }

  /**
   * Notes what the kernel dropped since the last call, to probes sent since then or just before.
   * Whose datagrams those were nobody knows: what counts is the share that replies have in what
   * arrived, so that rubbish thrown at this port cannot excuse the network.
   */
  void checkOverflow(long now) {
    long overflows = socket.overflows();
    if (overflows > overflowsSeen) {
      double share = arrivals == 0 ? 1 : (double) ours / arrivals;
      drops.add(checkedAt, now, (overflows - overflowsSeen) * share);
      overflowsSeen = overflows;
      arrivals = 0;
      ours = 0;
    }
    checkedAt = now;
  }

  void use() {
    users++;
  }

  /** One flow less; true when it was the last. */
  boolean release() {
    users--;
    return users == 0;
  }
}
