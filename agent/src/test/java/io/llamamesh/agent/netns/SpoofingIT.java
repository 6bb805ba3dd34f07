package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.agent.reflector.Disposition;
import io.llamamesh.agent.wire.ProbeWriter;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Two reflectors that are made to believe in each other as senders don't play ping-pong. */
@InNamespaces
class SpoofingIT {

  private static final int COUNT = 20;
  private static final int FORGER = 5555;

  private final Lab lab = Lab.routed();
  private final Namespace left = lab.host("left");
  private final Namespace right = lab.host("right");

  @AfterEach
  void clean() {
    lab.close();
  }

  /** Kind of forgery. */
  enum Kind {
    OURS,
    GO,
    PYTHON;

    byte[] probe(int number) {
      return switch (this) {
        case OURS -> ours(number);
        case GO -> go(number);
        case PYTHON -> python(number);
      };
    }

    private static byte[] ours(int number) {
      byte[] bytes = new byte[200];
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      ProbeWriter.frame(buffer, bytes.length, 0);
      ProbeWriter.signature(buffer, 1, 2, number);
      ProbeWriter.sent(buffer, 1);
      return bytes;
    }

    /** Signature, tos and an empty padding: no slots. */
    private static byte[] go(int number) {
      ByteBuffer buffer = ByteBuffer.allocate(17).put((byte) 0x0a).put((byte) 10);
      buffer.putLong(0x1122334455667788L).putShort((short) number);
      return buffer
          .put((byte) 0x12)
          .put((byte) 1)
          .put((byte) 0)
          .put((byte) 0x3a)
          .put((byte) 0)
          .array();
    }

    private static byte[] python(int number) {
      return ByteBuffer.allocate(36)
          .order(ByteOrder.LITTLE_ENDIAN)
          .put("__llama__\\0".translateEscapes().getBytes(StandardCharsets.US_ASCII))
          .put((byte) 0)
          .putDouble(1000.0 + number)
          .array();
    }
  }

  static Stream<Arguments> forgeries() {
    return Stream.of(Stack.IPV4, Stack.IPV6)
        .flatMap(stack ->
            Stream.of(Kind.values())
                .flatMap(
                    kind -> Stream.of(8100, 8101).map(port -> Arguments.of(stack, kind, port))));
  }

  @ParameterizedTest
  @MethodSource("forgeries")
  void aForgedProbeDiesOutBetweenTwoReflectors(Stack stack, Kind kind, int leftPort) {
    // On its way out the forger's port becomes that of the reflector beside it.
    left.rule("output", "udp sport " + FORGER + " counter name seen udp sport set " + leftPort);
    try (ReflectorFixture there = ReflectorFixture.legacy(right, 8100);
        ReflectorFixture here = ReflectorFixture.legacy(left, leftPort)) {

      forge(right.addresses(stack).getFirst(), kind);

      await().atMost(Duration.ofSeconds(10)).until(() -> all(there) >= COUNT);
      // A loop of one probe turns thousands of times in this second.
      await()
          .atMost(Duration.ofSeconds(10))
          .during(Duration.ofSeconds(1))
          .until(() -> all(there) + all(here) <= 4L * COUNT);
      assertThat(left.seen()).isEqualTo(COUNT);
      assertThat(there.count(Disposition.MALFORMED) + here.count(Disposition.MALFORMED)).isZero();
      assertThat(here.count(Disposition.REFLECTED)).isLessThanOrEqualTo(COUNT);
      if (leftPort == 8100) {
        assertThat(there.count(Disposition.FROM_REFLECTOR)).isEqualTo(COUNT);
      }
    }
  }

  private void forge(InetAddress to, Kind kind) {
    var _ =
        left.call(() -> {
          try (DatagramSocket socket = new DatagramSocket(FORGER)) {
            for (int i = 0; i < COUNT; i++) {
              byte[] bytes = kind.probe(i);
              socket.send(new DatagramPacket(bytes, bytes.length, to, 8100));
            }
          }
          return COUNT;
        });
  }

  private static long all(ReflectorFixture reflecting) {
    return Stream.of(Disposition.values()).mapToLong(reflecting::count).sum();
  }
}
