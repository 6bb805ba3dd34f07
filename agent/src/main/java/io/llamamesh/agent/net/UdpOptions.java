package io.llamamesh.agent.net;

/**
 * Options of a socket.
 *
 * @param receiveBufferBytes wanted receive buffer in bytes; the kernel may grant less
 * @param reusePort several sockets share the port, and the kernel spreads flows over them
 * @param dontFragment what does not fit the interface is an error, and nothing is ever cut into
 *     pieces; without effect where sockets cannot do that
 */
public record UdpOptions(int receiveBufferBytes, boolean reusePort, boolean dontFragment) {

  public UdpOptions {
    if (receiveBufferBytes < 1) {
      throw new IllegalArgumentException(
          "receiveBufferBytes must be positive: " + receiveBufferBytes);
    }
  }

  /** A socket that leaves fragmentation to the system. */
  public UdpOptions(int receiveBufferBytes, boolean reusePort) {
    this(receiveBufferBytes, reusePort, false);
  }

  /** The largest receive buffer that is granted, and a port of one's own. */
  public static UdpOptions standard() {
    return new UdpOptions(4 << 20, false);
  }

  /** The same; nothing is cut into pieces. */
  public UdpOptions withoutFragments() {
    return new UdpOptions(receiveBufferBytes, reusePort, true);
  }
}
