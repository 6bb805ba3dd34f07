package io.llamamesh.agent.http;

import static org.awaitility.Awaitility.await;

import io.llamamesh.agent.auth.TokenCheck;
import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.config.ConfigState;
import io.llamamesh.agent.fabric.AgentFabric;
import io.llamamesh.agent.fabric.FabricFiles;
import io.llamamesh.agent.fabric.FabricSettings;
import io.llamamesh.agent.fabric.ReplyEvidence;
import io.llamamesh.agent.points.LossRule;
import io.llamamesh.agent.reflector.ReflectorCounters;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.auth.ProgramGrants;
import io.llamamesh.config.CollectorConfigYaml;
import io.llamamesh.fabric.transport.FabricNode;
import io.llamamesh.fabric.transport.MeshKeys;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/** API and fabric of an agent n1 that has nobody to speak to, with its store on disk. */
public final class LoneAgent implements AutoCloseable {

  private final FabricFiles files;
  private final AgentFabric fabric;
  private final ApiServer api;

  /** Starts it; it is in the fabric when this returns. */
  public LoneAgent(Path folder) throws IOException {
    this(folder, TokenCheck.OPEN);
  }

  /** Starts one that anybody may read, and only those change who are let in. */
  LoneAgent(Path folder, TokenCheck actors) throws IOException {
    this(folder, TokenCheck.OPEN, actors, ProgramGrants.NONE);
  }

  /** Starts one that admits programs by credentials of their own, too. */
  LoneAgent(Path folder, TokenCheck readers, TokenCheck actors, ProgramGrants programs)
      throws IOException {
    this(folder, readers, actors, programs, true);
  }

  private LoneAgent(
      Path folder,
      TokenCheck readers,
      TokenCheck actors,
      ProgramGrants programs,
      boolean isConfigured)
      throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    files = new FabricFiles(folder, InstantSource.system());
    fabric =
        new AgentFabric(
            new FabricSettings(
                true, true, freePort(), List.of(), false, "mesh", "n1", List.of(loopback), null, 7),
            files,
            () -> MeshKeys.NONE,
            new ReplyEvidence());
    if (isConfigured) {
      configure();
    }
    AgentState state =
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
            fabric::node,
            fabric.services(),
            Map::of,
            new WindowArchive("b00t"),
            new CollectorCounters(),
            new ReflectorCounters(),
            null);
    api =
        ApiServer.start(
            List.of(new InetSocketAddress(loopback, 0)),
            state,
            InstantSource.system(),
            readers,
            actors,
            LossRule.NETWORK,
            false);
    api.admit(() -> programs);
    if (isConfigured) {
      await().until(this::isReady);
    }
  }

  /** Starts one that waits for its config. */
  static LoneAgent unconfigured(Path folder) throws IOException {
    return new LoneAgent(folder, TokenCheck.OPEN, TokenCheck.OPEN, ProgramGrants.NONE, false);
  }

  private void configure() {
    fabric.apply(CollectorConfigYaml.llamaDefault(8100), ProbePlan.IDLE);
  }

  /** Gives it its config; it is in the fabric when this returns. */
  void start() {
    configure();
    await().until(this::isReady);
  }

  private boolean isReady() {
    FabricNode node = fabric.node();
    return node != null && node.statistics() != null && node.store().problem() == null;
  }

  private static int freePort() throws IOException {
    try (ServerSocket tcp = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        DatagramSocket udp =
            new DatagramSocket(tcp.getLocalPort(), InetAddress.getLoopbackAddress())) {
      return udp.getLocalPort();
    }
  }

  /** URL of its API. */
  public String url() {
    return "http://127.0.0.1:" + api.locals().getFirst().getPort();
  }

  @Override
  public void close() {
    api.close();
    fabric.close();
    files.close();
  }
}
