package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.collector.CollectorCounters.Event;
import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.netns.CollectorFixture.ProbePattern;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PathFacts;
import io.llamamesh.agent.wire.ProbeWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** ICMP errors that somebody makes up excuse no loss and stop no probe. */
@InNamespaces
class ForgedErrorsIT {

  private static final int FORGERIES = 40;

  private final Lab lab = Lab.routed();
  private final Namespace left = lab.host("left");
  private final Namespace right = lab.host("right");

  @AfterEach
  void clean() {
    lab.close();
  }

  private interface Forgery {
    void send(IcmpForger forger, InetSocketAddress victim, InetSocketAddress target, byte[] quote);
  }

  /** Forges about all flows, more often than kernels complain, until enough came to be counted. */
  private void forge(CollectorFixture probing, Stack stack, ProbePattern manner, Forgery forgery) {
    InetAddress victim = left.addresses(stack).getFirst();
    InetSocketAddress target = CollectorFixture.reflector(right.addresses(stack).getFirst());
    try (IcmpForger forger = new IcmpForger(lab.host("router"), victim)) {
      probing.until(() -> {
        for (int i = 0; i < manner.ports(); i++) {
          // All is right but what only who saw the probe can know.
          byte[] quote = new byte[manner.bytes()];
          ByteBuffer bytes = ByteBuffer.wrap(quote);
          ProbeWriter.frame(bytes, quote.length, 0);
          ProbeWriter.signature(bytes, 0x11223344, i << 8, 5);
          int port = CollectorFixture.BASE_PORT + i;
          forgery.send(forger, new InetSocketAddress(victim, port), target, quote);
        }
        return probing.counters().count(Event.UNPROVEN_ERROR) >= FORGERIES;
      });
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"IPV4", "IPV6"})
  void aForgedPortUnreachableHidesNoLoss(Stack stack) {
    lab.host("router")
        .rule("forward", "udp dport 8100 numgen random mod 10 < 3 counter name seen drop");
    ProbePattern manner = ProbePattern.STANDARD;
    try (var _ = ReflectorFixture.start(right);
        CollectorFixture probing = CollectorFixture.start(left, right, stack, manner)) {

      forge(probing, stack, manner, IcmpForger::portUnreachable);
      probing.untilProbed(500).finish();

      assertThat(probing.total(Outcome.REFUSED)).isZero();
      assertThat(probing.total(Outcome.LOST))
          .isEqualTo((int) lab.host("router").seen())
          .isPositive();
      assertThat(probing.counters().count(PeerError.PORT_UNREACHABLE)).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"IPV4", "IPV6"})
  void aForgedFragmentationNeededStopsNoProbe(Stack stack) {
    ProbePattern manner = ProbePattern.STANDARD.bytes(1440);
    int mtu = stack == Stack.IPV4 ? 600 : 1280;
    try (var _ = ReflectorFixture.start(right);
        CollectorFixture probing = CollectorFixture.start(left, right, stack, manner)) {

      forge(
          probing,
          stack,
          manner,
          (forger, victim, target, quote) -> forger.tooBig(victim, target, quote, mtu));
      int before = (int) probing.counters().count(Attempt.SENT);
      probing.untilProbed(before + 300).finish();

      assertThat(probing.total(Attempt.SEND_ERROR)).isZero();
      assertThat(probing.answered()).isEqualTo(probing.total(Attempt.SENT));
      assertThat(probing.counters().count(PeerError.TOO_BIG)).isZero();
      assertThat(probing.towards(host -> true))
          .allMatch(pair -> pair.facts().equals(PathFacts.NONE));
      // The kernel believes it, as it must believe anybody.
      assertThat(left.show("route", "get", target(stack))).contains("mtu " + mtu);
    }
  }

  private String target(Stack stack) {
    return right.addresses(stack).getFirst().getHostAddress();
  }
}
