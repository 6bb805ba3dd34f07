package io.llamamesh.agent.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.LongSupplier;

/**
 * Factory of sockets, batches and pollers, and the two clocks that arrival stamps are compared
 * with.
 *
 * <p>A network may be shared by all threads; the sockets, batches and pollers that it makes belong
 * to one thread each.
 */
public interface UdpNetwork {

  /**
   * Opens a non-blocking socket.
   *
   * @param local address and port to bind; port 0 takes any free one
   * @throws PortTakenException when another process has the port
   * @throws java.net.BindException when the address is not local, or binding is not permitted
   */
  UdpSocket open(InetSocketAddress local, UdpOptions options) throws IOException;

  /**
   * Room for {@code slots} datagrams of at most {@code slotBytes} each, for sockets of this
   * network.
   */
  Batch newBatch(int slots, int slotBytes);

  /**
   * Opens a non-blocking, unprivileged ICMP socket (Linux, ping(2) in icmp(7)). Its local port is
   * the identifier of all its echo requests: the kernel writes it, and the checksum, into what is
   * sent, and hands over the answers to it alone, each from its ICMP header on.
   *
   * @param local address to send from; the family's wildcard for any
   * @throws PingDeniedException when the kernel permits this process no such sockets
   * @throws IOException when this network has none
   */
  default UdpSocket openPing(InetAddress local) throws IOException {
    throw new IOException("no native sockets: " + description());
  }

  /**
   * A connector of this network.
   *
   * @throws IOException when this network has none
   */
  default TcpConnector newConnector() throws IOException {
    throw new IOException("no native sockets: " + description());
  }

  /** A poller without sockets yet. */
  Poller newPoller() throws IOException;

  /** Nanoseconds since 1970 by the clock that stamps arrivals; it may be stepped at any time. */
  long realtimeNanos();

  /** A reader of {@link #realtimeNanos} for one thread, without a lookup of thread-local state. */
  default LongSupplier realtimeOfOneThread() {
    return this::realtimeNanos;
  }

  /** Nanoseconds of a clock that is never stepped; only differences have a meaning. */
  long monotonicNanos();

  /**
   * Returns whether the kernel stamps arrivals, so that reading late costs no accuracy; otherwise
   * the stamp is the time of the read, and readers must hurry.
   */
  boolean hasKernelStamps();

  /** Description of the implementation, for people: {@code "native (recvmmsg, kernel stamps)"}. */
  String description();
}
