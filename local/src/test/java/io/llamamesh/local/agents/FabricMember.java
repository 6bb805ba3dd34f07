package io.llamamesh.local.agents;

import io.llamamesh.agent.auth.TokenCheck;
import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.config.ConfigState;
import io.llamamesh.agent.fabric.FabricServices;
import io.llamamesh.agent.http.AgentState;
import io.llamamesh.agent.http.ApiServer;
import io.llamamesh.agent.points.LossRule;
import io.llamamesh.agent.reflector.ReflectorCounters;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.fabric.FabricOptions;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.transport.FabricEvidence;
import io.llamamesh.fabric.transport.FabricNode;
import io.llamamesh.fabric.transport.FabricNodeOptions;
import io.llamamesh.fabric.transport.MemoryPersistence;
import io.llamamesh.fabric.transport.MeshKeys;
import io.llamamesh.fabric.transport.TransportLimits;
import io.llamamesh.fabric.transport.TransportOptions;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The fabric's part of an agent, with its API, on loopback ports. */
final class FabricMember implements AutoCloseable {
  private final FabricPeer peer;
  private final MemoryPersistence memory = new MemoryPersistence();
  private final ApiServer api;
  private volatile @Nullable FabricNode node;

  FabricMember(String name) throws IOException {
    this.peer = new FabricPeer(name, "127.0.0.1:" + freePort());
    this.api =
        ApiServer.start(
            List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
            new AgentState(
                "test",
                List::of,
                () -> 1,
                () -> null,
                () -> 0,
                List::of,
                () -> ConfigState.NONE,
                null,
                () -> null,
                () -> node,
                FabricServices.off(),
                Map::of,
                new WindowArchive("boot"),
                new CollectorCounters(),
                new ReflectorCounters(),
                null),
            InstantSource.system(),
            TokenCheck.OPEN,
            LossRule.NETWORK,
            false);
  }

  /** A port that is free for TCP and UDP at this moment. */
  private static int freePort() throws IOException {
    try (ServerSocket tcp = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        DatagramSocket udp =
            new DatagramSocket(tcp.getLocalPort(), InetAddress.getLoopbackAddress())) {
      return udp.getLocalPort();
    }
  }

  FabricPeer peer() {
    return peer;
  }

  String api() {
    return "127.0.0.1:" + api.locals().getFirst().getPort();
  }

  /** Begins a life. */
  void join(List<FabricPeer> contacts) {
    int port = Integer.parseInt(peer.address().substring(peer.address().lastIndexOf(':') + 1));
    node =
        FabricNode.start(
            new FabricNodeOptions(
                new TransportOptions(
                    "mesh",
                    peer,
                    peer.name().hashCode(),
                    List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)),
                    false,
                    TransportLimits.standard()),
                FabricOptions.standard(),
                contacts),
            memory,
            () -> MeshKeys.NONE,
            FabricEvidence.NONE,
            _ -> {});
  }

  /** Ends its life without a word; its API stays, and does not say that it has no fabric. */
  void die() {
    FabricNode running = node;
    if (running != null) {
      running.close();
    }
  }

  @Override
  public void close() {
    die();
    api.close();
  }
}
