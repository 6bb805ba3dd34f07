package io.llamamesh.agent.fabric;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.collector.PeerListener;
import io.llamamesh.agent.collector.PeerState;
import io.llamamesh.fabric.Fabric;
import io.llamamesh.fabric.transport.FabricEvidence;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReplyEvidenceTest {

  private static final InetSocketAddress SEVEN =
      new InetSocketAddress(InetAddress.ofLiteral("192.0.2.17"), 8100);
  private static final InetSocketAddress STRANGER =
      new InetSocketAddress(InetAddress.ofLiteral("192.0.2.99"), 8100);

  private final ReplyEvidence evidence = new ReplyEvidence();
  private final List<String> taken = new ArrayList<>();
  private final FabricEvidence.Sink sink =
      new FabricEvidence.Sink() {
        @Override
        public void answered(String peer, long sentAt, long roundTrip, int epoch) {
          taken.add(peer + " answered " + sentAt + " in " + roundTrip + " as " + epoch);
        }

        @Override
        public void refused(String peer) {
          taken.add(peer + " refused");
        }
      };

  @Test
  void theNewestReplyOfEachTickIsHandedOnOnce() {
    evidence.observe(Map.of(SEVEN, "n7"));
    evidence.answered(SEVEN, 5, 100, 9);
    evidence.answered(SEVEN, 5, 300, 9);
    evidence.answered(SEVEN, 6, 200, 9); // late, of another life: no news
    evidence.drain(sink);
    evidence.drain(sink);
    assertThat(taken).containsExactly("n7 answered 300 in 9 as 5");
    evidence.answered(SEVEN, 6, 400, 9);
    evidence.drain(sink);
    assertThat(taken).element(1).isEqualTo("n7 answered 400 in 9 as 6");
  }

  @Test
  void repliesAreWantedAsOftenAsTheFabricAsksWhileItIsOn() {
    assertThat(evidence.longestDelayNanos()).isEqualTo(Long.MAX_VALUE);
    evidence.observe(Map.of(SEVEN, "n7"));
    assertThat(evidence.longestDelayNanos()).isEqualTo(Fabric.TICK);
    assertThat(PeerListener.both((peer, before, now) -> {}, evidence).longestDelayNanos())
        .isEqualTo(Fabric.TICK);
    evidence.observe(Map.of());
    assertThat(evidence.longestDelayNanos()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void whoIsNoMemberIsNoEvidence() {
    evidence.observe(Map.of(SEVEN, "n7"));
    evidence.answered(STRANGER, 5, 100, 9);
    evidence.changed(STRANGER, PeerState.UP, PeerState.REFUSED);
    evidence.drain(sink);
    assertThat(taken).isEmpty();
  }

  @Test
  void anotherMemberAtAnAddressBeginsAnew() {
    evidence.observe(Map.of(SEVEN, "n7"));
    evidence.answered(SEVEN, 5, 100, 9);
    evidence.observe(Map.of(SEVEN, "n9"));
    evidence.drain(sink);
    assertThat(taken).isEmpty();
  }

  @Test
  void aHostThatRefusesIsReportedOnce() {
    evidence.observe(Map.of(SEVEN, "n7"));
    evidence.changed(SEVEN, PeerState.UP, PeerState.REFUSED);
    evidence.drain(sink);
    evidence.drain(sink);
    assertThat(taken).containsExactly("n7 refused");
  }
}
