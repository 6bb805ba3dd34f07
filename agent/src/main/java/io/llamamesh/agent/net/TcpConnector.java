package io.llamamesh.agent.net;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * Connections that are begun, timed by the kernel, and reset once they are there: nobody's data is
 * sent. Belongs to one thread; no method blocks.
 */
public interface TcpConnector extends AutoCloseable {

  /** How an attempt ended. */
  enum Result {
    /** The other side accepted it. */
    CONNECTED,
    /** The other side's host said that nobody listens: a reset, or port unreachable. */
    REFUSED,
    /** A router, or our own system, said that the host cannot be reached. */
    UNREACHABLE
  }

  /** Taker of results. */
  interface Sink {
    /**
     * Takes a result.
     *
     * @param token of the attempt
     * @param error what was reported, where it was {@link Result#UNREACHABLE}
     * @param rttNanos from SYN to SYN-ACK by the kernel's clock, in whole microseconds; 0 where it
     *     is unknown, as where the SYN was sent again
     * @param resent the first SYN had no answer
     */
    void decided(
        long token, Result result, @Nullable PeerError error, long rttNanos, boolean resent);
  }

  /**
   * Begins a connection.
   *
   * @param local address to connect from; null for the routing table's
   * @param tos the whole ToS or traffic class byte
   * @param token names it in {@link #poll} and {@link #cancel}; of no other attempt that is open
   * @return {@link SendResult#NO_BUFFER} where the system has no room for one more, as too few file
   *     descriptors or ports
   */
  SendResult connect(@Nullable InetAddress local, Remote to, int tos, long token);

  /** Hands over what was decided since; each attempt once, and then it is over. */
  void poll(Sink sink);

  /** Gives up an attempt. */
  void cancel(long token);

  /** Attempts that are open. */
  int open();

  @Override
  void close();
}
