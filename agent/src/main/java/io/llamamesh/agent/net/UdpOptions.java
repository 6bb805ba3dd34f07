package io.llamamesh.agent.net;

/**
 * What a socket is asked for when it is opened.
 *
 * @param receiveBufferBytes wanted receive buffer in bytes; the kernel may grant less
 * @param reusePort several sockets share the port, and the kernel spreads flows over them
 */
public record UdpOptions(int receiveBufferBytes, boolean reusePort) {

  public UdpOptions {
    if (receiveBufferBytes < 1) {
      throw new IllegalArgumentException(
          "receiveBufferBytes must be positive: " + receiveBufferBytes);
    }
  }

  /** The largest receive buffer that is granted, and a port of one's own. */
  public static UdpOptions standard() {
    return new UdpOptions(4 << 20, false);
  }
}
