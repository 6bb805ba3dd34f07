package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.net.Batch;
import io.llamamesh.agent.net.Payload;
import io.llamamesh.agent.net.Remote;
import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.net.UdpOptions;
import io.llamamesh.agent.net.UdpSocket;
import io.llamamesh.agent.window.Attempt;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
  @EnumSource
  void aReflectorUnderRandomDatagramsAnswersNoneOfThemAndServesOn(Stack stack) {
    try (AgentProcess reflector =
        AgentProcess.start(right, folder, "reflector", "--api-port=8100")) {
      int lines = reflector.log().size();

      Flooded flooded = left.call(() -> flood(CollectorFixture.reflectors(right, stack)));

      assertThat(flooded.sent()).isGreaterThan(10_000);
      assertThat(flooded.answers()).isZero();
      assertThat(reflector.metric("llamamesh_reflector_datagrams_total{verdict=\"malformed\"}"))
          .isPositive();
      assertThat(reflector.metric("llamamesh_reflector_datagrams_total{verdict=\"reflected\"}"))
          .isZero();
      try (CollectorFixture probing =
          CollectorFixture.start(left, right, stack, CollectorFixture.ProbePattern.STANDARD)) {
        probing.untilProbed(400).finish();
        assertThat(probing.answered()).isEqualTo(probing.total(Attempt.SENT));
      }
      assertThat(reflector.log()).hasSizeLessThanOrEqualTo(lines + 1);
    }
  }

  /** All targets at once: one datagram to each in turn. */
  private static Flooded flood(List<InetSocketAddress> targets) throws IOException {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(20_261_120L);
    UdpNetwork network = CollectorFixture.nativeNetwork();
    Payload payload = Payload.allocate(LONGEST);
    Batch batch = network.newBatch(16, LONGEST);
    List<Remote> remotes = targets.stream().map(Remote::new).toList();
    List<UdpSocket> sockets = new ArrayList<>();
    long sent = 0;
    long answers = 0;
    try {
      for (Remote remote : remotes) {
        InetAddress any = InetAddress.ofLiteral(remote.isV4() ? "0.0.0.0" : "::");
        sockets.add(network.open(new InetSocketAddress(any, 0), UdpOptions.standard()));
      }
      long end = network.monotonicNanos() + FLOOD.toNanos();
      for (int turn = 0; network.monotonicNanos() - end < 0; turn++) {
        int to = turn % remotes.size();
        int length = random.nextInt(LONGEST + 1);
        for (int i = 0; i + 8 <= length; i += 8) {
          payload.bytes().putLong(i, random.nextLong());
        }
        SendResult result = sockets.get(to).send(payload, length, remotes.get(to), 0);
        sent += result == SendResult.SENT ? 1 : 0;
        answers += turn % 1024 < remotes.size() ? sockets.get(to).receive(batch) : 0;
      }
      for (UdpSocket socket : sockets) {
        answers += socket.receive(batch);
      }
    } finally {
      sockets.forEach(UdpSocket::close);
    }
    return new Flooded(sent, answers);
  }
}
