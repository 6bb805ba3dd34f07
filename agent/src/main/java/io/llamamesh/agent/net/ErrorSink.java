package io.llamamesh.agent.net;

/**
 * Takes queued errors of a socket, called by the socket's owner inside {@link
 * UdpSocket#drainErrors}.
 */
@FunctionalInterface
public interface ErrorSink {

  /**
   * One error.
   *
   * @param high upper 64 bits of the address that the failed datagram went to (see {@link Ip})
   * @param low lower 64 bits of it
   * @param port its port; 0 where the system does not tell, as for IPv4 datagrams that are {@link
   *     PeerError#TOO_BIG} already for our own interface or for what is known of the path
   * @param detail the path MTU in bytes for {@link PeerError#TOO_BIG}, else the system's error
   *     number
   */
  void failed(PeerError error, long high, long low, int port, int detail);
}
