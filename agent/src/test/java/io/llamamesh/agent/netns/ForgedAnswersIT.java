package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.collector.CollectorCounters.Event;
import io.llamamesh.agent.netns.CollectorFixture.ProbePattern;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.wire.ProbeParser;
import io.llamamesh.agent.wire.Slots;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Answers from elsewhere, forged by who sees the probes, hide no loss. */
@InNamespaces
class ForgedAnswersIT {

  private final Lab lab = Lab.routed();
  private final Namespace left = lab.host("left");
  private final Namespace right = lab.host("right");

  @AfterEach
  void clean() {
    lab.close();
  }

  /** Hears the probes to the target's port and answers each from another socket of its host. */
  private final class Answering implements AutoCloseable {

    private final DatagramSocket heard;
    private final DatagramSocket answers;

    /**
     * Begins to answer.
     *
     * @param ours as a reflector of ours, else as LLAMA's
     */
    Answering(InetAddress target, InetSocketAddress from, boolean ours) {
      heard = right.call(() -> new DatagramSocket(CollectorFixture.PORT, target));
      answers = right.call(() -> new DatagramSocket(from));
      var _ = Thread.ofPlatform().daemon(true).start(() -> answer(ours));
    }

    private void answer(boolean ours) {
      ProbeParser parser = new ProbeParser();
      DatagramPacket packet = new DatagramPacket(new byte[9000], 9000);
      try {
        while (true) {
          heard.receive(packet);
          ByteBuffer bytes = ByteBuffer.wrap(packet.getData());
          if (ours && parser.tryParse(bytes, 0, packet.getLength())) {
            Slots.reply(bytes, parser.slotsAt(), Slots.FLAG_DRAINING, 0);
          }
          answers.send(packet);
          packet.setLength(packet.getData().length);
        }
      } catch (SocketException e) {
        // closed: the test is over
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      heard.close();
      answers.close();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"IPV4", "IPV6"})
  void answersOfAReflectorOfOursFromAnotherPortAreNone(Stack stack) {
    InetAddress target = right.addresses(stack).getFirst();
    try (var _ = new Answering(target, new InetSocketAddress(target, 9000), true);
        CollectorFixture probing =
            CollectorFixture.start(left, right, stack, ProbePattern.STANDARD)) {

      probing.untilProbed(300).finish();

      assertThat(probing.total(Outcome.LOST)).isEqualTo(probing.total(Attempt.SENT)).isPositive();
      assertThat(probing.counters().count(Event.FOREIGN_ANSWER)).isGreaterThanOrEqualTo(300);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"IPV4", "IPV6"})
  void aReflectorOfLlamaMayAnswerFromAnotherAddressOfItsHost(Stack stack) {
    InetAddress target = right.addresses(stack).getFirst();
    boolean v4 = target instanceof Inet4Address;
    InetAddress other = InetAddress.ofLiteral(v4 ? "10.83.2.3" : "fd83:2::3");
    if (v4) {
      right.ip("addr", "add", "10.83.2.3/24", "dev", "eth0");
    } else {
      right.ip("addr", "add", "fd83:2::3/64", "dev", "eth0", "nodad");
    }
    try (var _ = new Answering(target, new InetSocketAddress(other, CollectorFixture.PORT), false);
        CollectorFixture probing =
            CollectorFixture.start(left, right, stack, ProbePattern.STANDARD)) {

      probing.untilProbed(300).finish();

      assertThat(probing.answered()).isEqualTo(probing.total(Attempt.SENT)).isPositive();
      assertThat(probing.counters().count(Event.FOREIGN_ANSWER)).isZero();
    }
  }
}
