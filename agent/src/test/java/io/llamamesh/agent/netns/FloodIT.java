package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.collector.Outcome;
import io.llamamesh.agent.net.Batch;
import io.llamamesh.agent.net.Payload;
import io.llamamesh.agent.net.Remote;
import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.net.UdpOptions;
import io.llamamesh.agent.net.UdpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rubbish at full speed changes nothing for those who come with probes. */
@InNamespaces
class FloodIT {

  private static final Duration FLOOD = Duration.ofSeconds(10);
  private static final int LONGEST = 1400;

  private final Lab lab = Lab.routed();
  private final Namespace left = lab.host("left");
  private final Namespace right = lab.host("right");

  @TempDir private Path folder;

  @AfterEach
  void clean() {
    lab.close();
  }

  private record Flooded(long sent, long answers) {}

  @ParameterizedTest
  @EnumSource(names = {"IPV4", "IPV6"})
  void aReflectorUnderRandomDatagramsAnswersNoneOfThemAndServesOn(Stack stack) {
    try (AgentProcess reflector =
        AgentProcess.start(right, folder, "reflector", "--api-port=8100")) {
      int lines = reflector.log().size();

      Flooded flooded = left.call(() -> flood(Probing.reflectors(right, stack).getFirst()));

      assertThat(flooded.sent()).isGreaterThan(10_000);
      assertThat(flooded.answers()).isZero();
      assertThat(reflector.metric("llamamesh_reflector_datagrams_total{verdict=\"malformed\"}"))
          .isPositive();
      assertThat(reflector.metric("llamamesh_reflector_datagrams_total{verdict=\"reflected\"}"))
          .isZero();
      try (Probing probing = Probing.start(left, right, stack, Probing.Manner.STANDARD)) {
        probing.untilProbed(400).finish();
        assertThat(probing.answered()).isEqualTo(probing.total(Outcome.SENT));
      }
      assertThat(reflector.log()).hasSizeLessThanOrEqualTo(lines + 1);
    }
  }

  private static Flooded flood(InetSocketAddress target) throws IOException {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(20_261_120L);
    UdpNetwork network = Probing.nativeNetwork();
    Payload payload = Payload.allocate(LONGEST);
    Batch batch = network.newBatch(16, LONGEST);
    Remote remote = new Remote(target);
    InetSocketAddress any =
        new InetSocketAddress(
            target.getAddress() instanceof java.net.Inet6Address
                ? java.net.InetAddress.ofLiteral("::")
                : java.net.InetAddress.ofLiteral("0.0.0.0"),
            0);
    long sent = 0;
    long answers = 0;
    try (UdpSocket socket = network.open(any, UdpOptions.standard())) {
      long end = network.monotonicNanos() + FLOOD.toNanos();
      while (network.monotonicNanos() - end < 0) {
        int length = random.nextInt(LONGEST + 1);
        for (int i = 0; i + 8 <= length; i += 8) {
          payload.bytes().putLong(i, random.nextLong());
        }
        sent += socket.send(payload, length, remote, 0) == SendResult.SENT ? 1 : 0;
        answers += sent % 1024 == 0 ? socket.receive(batch) : 0;
      }
      answers += socket.receive(batch);
    }
    return new Flooded(sent, answers);
  }
}
