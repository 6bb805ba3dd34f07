package io.llamamesh.agent.fabric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.silence.ReplicatedSilences;
import io.llamamesh.agent.tool.ToolRefusedException;
import io.llamamesh.config.CollectorConfig.Contact;
import io.llamamesh.config.CollectorConfigYaml;
import io.llamamesh.fabric.crdt.FieldType;
import io.llamamesh.fabric.crdt.Operation;
import io.llamamesh.fabric.multicast.Delivery;
import io.llamamesh.fabric.multicast.MulticastOptions;
import io.llamamesh.fabric.store.Key;
import io.llamamesh.fabric.store.Result;
import io.llamamesh.fabric.transport.MeshKeys;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Agents' fabrics over loopback, as a rollout replaces them. */
class AgentFabricTest {

  private static final Key KEY = new Key("a");
  private static final Operation PLUS =
      Operation.Update.field("c", FieldType.COUNTER, new Operation.Increment(1));

  private final List<AgentFabric> fabrics = new ArrayList<>();

  @AfterEach
  void end() {
    fabrics.forEach(AgentFabric::close);
  }

  @Test
  void anAgentIsReadyOnceItHasWhatTheOthersHoldAndALoneOneAtOnce() throws Exception {
    int first = freePort();
    AgentFabric one = start("n1", first, List.of());
    assertThat(one.unreadyReason()).isNull();
    write(one);
    AgentFabric two = start("n2", freePort(), List.of(new Contact("n1", "127.0.0.1", first)));
    assertThat(two.unreadyReason()).contains("replicated store");
    // That nobody is silenced would be believed.
    ReplicatedSilences early = new ReplicatedSilences(two.services(), () -> "not compared yet");
    assertThatExceptionOfType(ToolRefusedException.class)
        .isThrownBy(early::read)
        .withMessage("not compared yet")
        .satisfies(e -> assertThat(e.kind()).isEqualTo(ToolRefusedException.Kind.UNAVAILABLE));
    await().atMost(Duration.ofSeconds(9)).until(() -> two.unreadyReason() == null);
    assertThat(new ReplicatedSilences(two.services(), two::unreadyReason).read()).isEmpty();
    assertThat(two.services().get(KEY).fields().counter("c")).isEqualTo(1);
    // What is written last survives the writer, though its disk is gone with it.
    assertThat(two.services().operate(KEY, PLUS, null)).isInstanceOf(Result.Done.class);
    two.leave(Duration.ofSeconds(5));
    two.close();
    await().until(() -> one.services().get(KEY).fields().counter("c") == 2);
  }

  /** Else a rollout goes on before it has what the next agent to be replaced holds. */
  @Test
  void anAgentThatHasNoConfigYetIsNotReady() throws Exception {
    int first = freePort();
    write(start("n1", first, List.of()));
    AgentFabric two =
        unconfigured("n2", freePort(), List.of(new Contact("n1", "127.0.0.1", first)));

    assertThat(two.unreadyReason()).contains("no config");
    two.apply(CollectorConfigYaml.llamaDefault(8100), ProbePlan.IDLE);

    assertThat(two.unreadyReason()).contains("replicated store");
  }

  @Test
  void topicsStaySubscribedWhenTheFabricIsStartedAnew() throws Exception {
    int port = freePort();
    AgentFabric fabric = start("n1", port, List.of());
    Queue<Delivery> heard = new ConcurrentLinkedQueue<>();
    Runnable end = fabric.services().subscribe("t", heard::add);
    send(fabric);
    await().until(() -> heard.size() == 1);
    String document = CollectorConfigYaml.write(CollectorConfigYaml.llamaDefault(8100));
    fabric.apply(
        CollectorConfigYaml.read(document + "mesh: other\n", 8100).config(), ProbePlan.IDLE);
    await().until(() -> fabric.services().isOn());
    send(fabric);
    await().until(() -> heard.size() == 2);
    end.run();
    send(fabric);
    assertThat(heard).hasSize(2);
  }

  private static void send(AgentFabric fabric) {
    await()
        .ignoreExceptions()
        .until(() ->
            fabric
                    .services()
                    .multicast("t", new byte[1], MulticastOptions.DEFAULT.withLoop(true))
                    .sequence()
                > 0);
  }

  private static void write(AgentFabric fabric) {
    await().until(() -> fabric.services().operate(KEY, PLUS, null) instanceof Result.Done);
  }

  private AgentFabric start(String name, int port, List<Contact> contacts) throws Exception {
    AgentFabric fabric = unconfigured(name, port, contacts);
    fabric.apply(CollectorConfigYaml.llamaDefault(8100), ProbePlan.IDLE);
    return fabric;
  }

  private AgentFabric unconfigured(String name, int port, List<Contact> contacts) {
    AgentFabric fabric =
        new AgentFabric(
            new FabricSettings(
                true,
                true,
                port,
                contacts,
                false,
                "mesh",
                name,
                List.of(InetAddress.getLoopbackAddress()),
                null,
                name.hashCode()),
            new FabricFiles(null, InstantSource.system()),
            () -> MeshKeys.NONE,
            new ReplyEvidence());
    fabrics.add(fabric);
    return fabric;
  }

  private static int freePort() throws IOException {
    try (ServerSocket tcp = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        DatagramSocket udp =
            new DatagramSocket(tcp.getLocalPort(), InetAddress.getLoopbackAddress())) {
      return udp.getLocalPort();
    }
  }
}
