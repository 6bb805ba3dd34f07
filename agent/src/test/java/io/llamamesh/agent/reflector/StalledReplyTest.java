package io.llamamesh.agent.reflector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.agent.net.FakeSlowSendNetwork;
import io.llamamesh.agent.net.NativeNetwork;
import io.llamamesh.agent.wire.ProbeFormat;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.agent.wire.ProbeParser;
import io.llamamesh.agent.wire.ProbeWriter;
import io.llamamesh.agent.wire.Slots;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A reflector that was late with a reply says so in the next one of the same flow. */
class StalledReplyTest {

  private static final InetAddress HOST = InetAddress.ofLiteral("127.0.0.1");
  private static final ProbeKeys KEYS = ProbeKeys.NONE.with(3, new byte[16], true);

  private static final int PADDING = 100;

  private final FakeSlowSendNetwork network = new FakeSlowSendNetwork(NativeNetwork.orChannels());
  private final ReflectorCounters counters = new ReflectorCounters();
  private Reflector reflector;
  private DatagramSocket client;

  @BeforeEach
  void start() throws IOException {
    reflector =
        Reflector.start(
            network,
            List.of(new InetSocketAddress(HOST, 0)),
            ReflectorOptions.standard(1_000_000, 77).withKeys(() -> KEYS, List.of()),
            counters);
    client = new DatagramSocket(0, HOST);
    client.setSoTimeout(5000);
  }

  @AfterEach
  void stop() {
    client.close();
    reflector.close();
  }

  private void probe(int flow, int sequence) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(ProbeFormat.datagramBytes(PADDING));
    ProbeWriter.frame(bytes, bytes.capacity(), 0);
    ProbeWriter.signature(bytes, 99, flow, sequence);
    ProbeWriter.sent(bytes, 1);
    KEYS.sign(bytes, 0, KEYS.signing());
    client.send(new DatagramPacket(bytes.array(), bytes.capacity(), reflector.locals().getFirst()));
  }

  /** The next reply, which must be sealed with the key. */
  private ByteBuffer reply(int flow, int sequence) throws IOException {
    byte[] bytes = new byte[2048];
    DatagramPacket packet = new DatagramPacket(bytes, bytes.length);
    client.receive(packet);
    ByteBuffer reply = ByteBuffer.wrap(bytes);
    ProbeParser parser = new ProbeParser();
    assertThat(parser.tryParse(reply, 0, packet.getLength())).isTrue();
    assertThat(parser.flow(reply)).isEqualTo(flow);
    assertThat(parser.sequence(reply)).isEqualTo(sequence);
    assertThat(KEYS.verify(reply, 0, packet.getLength())).isEqualTo(3);
    return reply;
  }

  private static int slots(ByteBuffer reply) {
    ProbeParser parser = new ProbeParser();
    assertThat(parser.tryParse(reply, 0, ProbeFormat.datagramBytes(PADDING))).isTrue();
    return parser.slotsAt();
  }

  private static boolean names(ByteBuffer reply, int sequence) {
    return Slots.isMarkedStalled(reply, slots(reply), sequence);
  }

  private static int slot(ByteBuffer reply) {
    return reply.getInt(slots(reply) + 52);
  }

  @Test
  void theNextReplyOfTheFlowNamesTheStalledOneAndNoOtherFlowsDoes() throws IOException {
    network.delay(Duration.ofMillis(5));
    probe(1, 5);
    assertThat(slot(reply(1, 5))).isZero();
    await().until(() -> counters.stalled() > 0);

    probe(1, 6);
    assertThat(names(reply(1, 6), 5)).isTrue();
    probe(2, 6);
    assertThat(slot(reply(2, 6))).isZero();
  }

  private static boolean isReflectorStalled(ByteBuffer reply) {
    return (Slots.flags(reply, slots(reply)) & Slots.FLAG_REFLECTOR_STALLED) != 0;
  }

  @Test
  void whoDidNotRunForHalfASecondSaysSoInTheRepliesRightAfter() throws IOException {
    probe(1, 5);
    assertThat(isReflectorStalled(reply(1, 5))).isFalse();
    network.delay(Duration.ofMillis(800));
    probe(1, 6);
    await().until(network::isHolding);
    probe(1, 7);

    assertThat(isReflectorStalled(reply(1, 6))).isFalse();
    assertThat(isReflectorStalled(reply(1, 7))).isTrue();
    assertThat(counters.pauses()).isEqualTo(1);
    AtomicInteger sequence = new AtomicInteger(8);
    await()
        .until(() -> {
          int next = sequence.getAndIncrement();
          probe(1, next);
          return !isReflectorStalled(reply(1, next));
        });
    assertThat(counters.pauses()).isEqualTo(1);
  }

  @Test
  void repliesOfOneBatchNameEachOther() throws IOException {
    network.delay(Duration.ofMillis(300)); // the others wait for the next batch meanwhile
    network.delay(Duration.ofMillis(5));
    probe(1, 5);
    probe(1, 6);
    probe(1, 7);
    probe(1, 8);

    var _ = reply(1, 5);
    assertThat(names(reply(1, 6), 5)).isTrue();
    assertThat(names(reply(1, 7), 6)).isTrue();
    var _ = reply(1, 8);
    assertThat(counters.stalled()).isGreaterThanOrEqualTo(2);
  }
}
