package io.llamamesh.local.main;

import io.llamamesh.crd.MeshSettings;
import io.llamamesh.local.cluster.LocalNode;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;

/** Check of addresses and ports before the start, so that nobody waits a minute for a busy one. */
final class PortCheck {
  private PortCheck() {}

  /** Tries every node's ports; the fabric's where that is on. */
  static void check(List<LocalNode> nodes, MeshSettings settings) throws UserError {
    for (LocalNode node : nodes) {
      check(node.own(), settings);
      if (!node.published().equals(node.own())) {
        check(node.published(), settings);
      }
    }
  }

  private static void check(InetAddress address, MeshSettings settings) throws UserError {
    check(address, settings.reflector().port(), settings.collector().apiPort());
    if (settings.fabric().enabled()) {
      check(address, settings.fabric().port(), settings.fabric().port());
    }
  }

  /** A TCP port of 127.0.0.1 that was free a moment ago. */
  static int free() throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
      return socket.getLocalPort();
    }
  }

  private static void check(InetAddress address, int udpPort, int tcpPort) throws UserError {
    try (DatagramSocket udp = new DatagramSocket(null);
        ServerSocket tcp = new ServerSocket()) {
      udp.bind(new InetSocketAddress(address, udpPort));
      tcp.setReuseAddress(true);
      tcp.bind(new InetSocketAddress(address, tcpPort));
    } catch (IOException e) {
      String what =
          address.getHostAddress() + ", ports " + udpPort + "/UDP and " + tcpPort + "/TCP";
      if (String.valueOf(e.getMessage()).contains("assign")) {
        throw new UserError(
            what
                + ": this machine has no such address; on macOS: sudo ifconfig lo0 alias "
                + address.getHostAddress());
      }
      throw new UserError(
          what + ": " + e.getMessage() + "; is another local mesh or agent running? Stop it first");
    }
  }
}
