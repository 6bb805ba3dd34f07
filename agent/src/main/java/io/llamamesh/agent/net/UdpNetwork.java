package io.llamamesh.agent.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.LongSupplier;

/**
 * Where sockets come from, and the two clocks that their stamps are compared with.
 *
 * <p>A network may be shared by all threads; the sockets, batches and pollers that it makes belong
 * to one thread each.
 */
public interface UdpNetwork {

  /**
   * Opens a non-blocking socket.
   *
   * @param local address and port to bind; port 0 takes any free one
   * @throws PortTakenException when somebody else has the port
   * @throws java.net.BindException when the address is not ours or we may not
   */
  UdpSocket open(InetSocketAddress local, UdpOptions options) throws IOException;

  /**
   * Room for {@code slots} datagrams of at most {@code slotBytes} each, for sockets of this
   * network.
   */
  Batch newBatch(int slots, int slotBytes);

  /** A poller without sockets yet. */
  Poller newPoller() throws IOException;

  /** Nanoseconds since 1970 by the clock that stamps arrivals; it may be stepped at any time. */
  long realtimeNanos();

  /** Reads {@link #realtimeNanos} for one thread, which then need not be looked up each time. */
  default LongSupplier realtimeOfOneThread() {
    return this::realtimeNanos;
  }

  /** Nanoseconds by a clock that is never stepped; only differences mean something. */
  long monotonicNanos();

  /**
   * True when arrivals are stamped by the kernel, so that reading late costs no accuracy; false
   * when the stamp is the time of the read, and readers must hurry.
   */
  boolean hasKernelStamps();

  /** What is live, in a few words, for people: {@code "native (recvmmsg, kernel stamps)"}. */
  String description();
}
