package io.llamamesh.agent.net;

import java.net.BindException;
import java.net.InetSocketAddress;

/**
 * Somebody else has the port: unlike what else may go wrong in binding, another one may be free.
 */
public final class PortTakenException extends BindException {

  private static final long serialVersionUID = 1;

  public PortTakenException(InetSocketAddress local) {
    super("Address already in use: " + local);
  }
}
