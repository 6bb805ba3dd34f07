package io.llamamesh.agent.reflector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.agent.net.ChannelNetwork;
import io.llamamesh.agent.net.NativeNetwork;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.wire.ForeignDatagrams;
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
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass
@MethodSource("networks")
class ReflectorTest {

  private static final InetAddress HOST = InetAddress.ofLiteral("127.0.0.1");

  static Stream<UdpNetwork> networks() {
    return Stream.of(NativeNetwork.orChannels(), new ChannelNetwork("test"));
  }

  @Parameter private UdpNetwork network;
  private final ReflectorCounters counters = new ReflectorCounters();
  private Reflector reflector;
  private DatagramSocket client;

  @BeforeEach
  void start() throws IOException {
    reflector = reflector(1_000_000);
    client = new DatagramSocket(0, HOST);
    client.setSoTimeout(5000);
  }

  private Reflector reflector(int limit) throws IOException {
    return Reflector.start(
        network,
        List.of(new InetSocketAddress(HOST, 0)),
        ReflectorOptions.standard(limit, 77),
        counters);
  }

  @AfterEach
  void stop() {
    client.close();
    reflector.close();
  }

  private static byte[] probe(int sequence) {
    byte[] bytes = new byte[1028];
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    ProbeWriter.frame(buffer, bytes.length, 0x20);
    ProbeWriter.signature(buffer, 5, 6, sequence);
    ProbeWriter.sent(buffer, 123_456_789L);
    return bytes;
  }

  private void send(byte[] bytes) throws IOException {
    client.send(new DatagramPacket(bytes, bytes.length, reflector.locals().getFirst()));
  }

  private byte[] receive() throws IOException {
    DatagramPacket packet = new DatagramPacket(new byte[9000], 9000);
    client.receive(packet);
    return Arrays.copyOf(packet.getData(), packet.getLength());
  }

  @Test
  void ourProbeComesBackAsLongAsItWasWithTheSlotsFilled() throws IOException {
    byte[] sent = probe(9);

    send(sent);
    byte[] got = receive();

    ByteBuffer buffer = ByteBuffer.wrap(got);
    ProbeParser parser = new ProbeParser();
    assertThat(got).hasSameSizeAs(sent);
    assertThat(parser.tryParse(buffer, 0, got.length)).isTrue();
    assertThat(parser.sequence(buffer)).isEqualTo(9);
    assertThat(parser.sent(buffer)).isEqualTo(123_456_789L);
    int at = parser.slotsAt();
    assertThat(Slots.direction(buffer, at)).isEqualTo(Slots.REPLY);
    assertThat(Slots.epoch(buffer, at)).isEqualTo(77);
    assertThat(Slots.highest(buffer, at)).isEqualTo(9);
    assertThat(Slots.sentAt(buffer, at)).isGreaterThanOrEqualTo(Slots.receivedAt(buffer, at));
    assertThat(Arrays.copyOf(got, 27)).isEqualTo(Arrays.copyOf(sent, 27));
    assertThat(Arrays.copyOfRange(got, ProbeFormat.MIN_DATAGRAM, got.length))
        .isEqualTo(Arrays.copyOfRange(sent, ProbeFormat.MIN_DATAGRAM, sent.length));
  }

  @Test
  void aForeignProbeComesBackByteForByte() throws IOException {
    byte[] foreign =
        new byte[] {10, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 1, 0, 24, 5, 58, 2, 1, 2};

    send(foreign);

    assertThat(receive()).isEqualTo(foreign);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama-probe-tos00",
        "llama-probe-tosb8",
        "udprobe-probe-tos00",
        "udprobe-probe-tosb8"
      })
  void probesOfRealCollectorsComeBackByteForByte(String name) throws IOException {
    byte[] foreign = ForeignDatagrams.named(name);

    send(foreign);

    // As LLAMA's reflector answers. Udprobe's adds its time, which makes replies longer than their
    // probes and which its collector does not need.
    assertThat(receive()).isEqualTo(foreign);
  }

  @Test
  void aRealPythonProbeComesBackByteForByte() throws IOException {
    reflector.close();
    reflector =
        Reflector.start(
            network,
            List.of(new InetSocketAddress(HOST, 0)),
            ReflectorOptions.standard(1000, 1).withLegacy(),
            counters);
    byte[] python = ForeignDatagrams.named("python-probe-tosb8");

    send(python);

    assertThat(receive()).isEqualTo(python);
  }

  @Test
  void thePythonLlamasDatagramComesBackOnlyWhereThatWasAskedFor() throws IOException {
    byte[] legacy = new byte[36];
    System.arraycopy(
        "__llama__".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0, legacy, 0, 9);
    legacy[15] = 42;
    send(legacy);
    await().until(() -> counters.count(Disposition.MALFORMED) == 1);

    reflector.close();
    reflector =
        Reflector.start(
            network,
            List.of(new InetSocketAddress(HOST, 0)),
            ReflectorOptions.standard(1000, 1).withLegacy(),
            counters);
    send(legacy);

    assertThat(receive()).isEqualTo(legacy);
  }

  @Test
  void aForeignProbeThatWasJustHereIsNotReflectedAgain() throws IOException {
    byte[] foreign = new byte[] {10, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 1, 0};
    send(foreign);
    receive();

    send(foreign);

    await().until(() -> counters.count(Disposition.SEEN_BEFORE) == 1);
  }

  @Test
  void aReplyIsNeverReflected() throws IOException {
    send(probe(1));
    byte[] reply = receive();

    send(reply);

    await().until(() -> counters.count(Disposition.MARKED_REPLY) == 1);
    assertThat(counters.count(Disposition.REFLECTED)).isEqualTo(1);
  }

  @Test
  void garbageIsCountedAndNotAnsweredAndProbesStillAre() throws IOException {
    Random random = new Random(1);
    for (int i = 0; i < 500; i++) {
      byte[] garbage = new byte[random.nextInt(200)];
      random.nextBytes(garbage);
      send(garbage);
    }
    await().until(() -> counters.count(Disposition.MALFORMED) == 500);

    send(probe(3));

    assertThat(receive()).hasSize(1028);
    client.setSoTimeout(50);
    org.assertj.core.api.Assertions.assertThatThrownBy(this::receive)
        .isInstanceOf(SocketTimeoutException.class);
  }

  @Test
  void whatIsOverTheLimitIsDroppedCountedAndReportedToTheSender() throws IOException {
    reflector.close();
    reflector = reflector(10);
    for (int i = 0; i < 20; i++) {
      send(probe(i));
    }
    await()
        .until(() ->
            counters.count(Disposition.OVER_LIMIT) + counters.count(Disposition.REFLECTED) == 20);
    long dropped = counters.count(Disposition.OVER_LIMIT);
    assertThat(dropped).isPositive();
    while (counters.count(Disposition.REFLECTED) < 21 - dropped) {
      send(probe(100));
    }

    ByteBuffer last = ByteBuffer.wrap(receive());
    ProbeParser parser = new ProbeParser();
    while (parser.tryParse(last, 0, last.limit()) && parser.sequence(last) != 100) {
      last = ByteBuffer.wrap(receive());
    }
    assertThat(Slots.limited(last, parser.slotsAt())).isGreaterThanOrEqualTo((int) dropped);
  }

  @Test
  void drainingIsMarkedOnReplies() throws IOException {
    reflector.drain();

    send(probe(1));

    ByteBuffer reply = ByteBuffer.wrap(receive());
    ProbeParser parser = new ProbeParser();
    assertThat(parser.tryParse(reply, 0, reply.limit())).isTrue();
    assertThat(Slots.flags(reply, parser.slotsAt()) & Slots.FLAG_DRAINING).isNotZero();
  }

  @Test
  void capturedKeyedProbesSentAgainFromMadeUpSourcesCountForNoSender() throws IOException {
    ProbeKeys keys = ProbeKeys.NONE.with(1, new byte[16], true);
    reflector.close();
    reflector =
        Reflector.start(
            network,
            List.of(new InetSocketAddress(HOST, 0)),
            ReflectorOptions.standard(1_000_000, 77).withKeys(() -> keys, List.of()),
            counters);
    List<byte[]> captured = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      byte[] probe = probe(i);
      keys.sign(ByteBuffer.wrap(probe), 0, keys.signing());
      captured.add(probe);
      send(probe);
      receive();
    }

    List<DatagramSocket> madeUp = new ArrayList<>();
    try {
      for (int i = 2; i < 52; i++) {
        DatagramSocket source =
            new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral("127.0.0." + i), 0));
        madeUp.add(source);
        for (byte[] probe : captured) {
          source.send(new DatagramPacket(probe, probe.length, reflector.locals().getFirst()));
        }
      }
      await().until(() -> counters.count(Disposition.REFLECTED) == 51 * 20);
    } finally {
      madeUp.forEach(DatagramSocket::close);
    }

    await().until(() -> counters.replayed() == 50 * 20);
    assertThat(counters.sources().takeCounts(Set.of()))
        .containsExactly(new SourceTable.Reflected(HOST, 20));
  }
}
