package io.llamamesh.agent.net;

import java.net.BindException;
import java.net.InetSocketAddress;

/**
 * Thrown when the port is in use: unlike with other errors of binding, another port may be free.
 */
public final class PortTakenException extends BindException {

  private static final long serialVersionUID = 1;

  public PortTakenException(InetSocketAddress local) {
    super("Address already in use: " + local);
  }
}
