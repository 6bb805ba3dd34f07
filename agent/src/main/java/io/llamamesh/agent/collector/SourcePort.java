package io.llamamesh.agent.collector;

import io.llamamesh.agent.net.UdpSocket;

/** One local port of a class, shared by all targets of one address family. */
final class SourcePort {

  private final UdpSocket socket;
  private final DropBudget drops = new DropBudget();
  private long overflowsSeen;
  private long checkedAt;
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

  DropBudget drops() {
    return drops;
  }

  /**
   * Notes what the kernel dropped since the last call, to probes sent since then or just before.
   */
  void checkOverflow(long now, long timeoutNanos) {
    long overflows = socket.overflows();
    if (overflows > overflowsSeen) {
      drops.add(checkedAt - timeoutNanos, now, overflows - overflowsSeen);
    }
    overflowsSeen = overflows;
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
