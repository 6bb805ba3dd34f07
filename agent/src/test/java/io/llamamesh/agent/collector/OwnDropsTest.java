package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.SECOND;
import static io.llamamesh.agent.collector.ProberFixture.pair;
import static io.llamamesh.agent.collector.ProberFixture.plan;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.window.Outcome;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

/** Drops of our own source ports are separated from loss, and never hide it. */
class OwnDropsTest {

  private static final InetSocketAddress STRANGER =
      new InetSocketAddress(InetAddress.ofLiteral("127.0.0.99"), 5);

  private final ProberFixture mesh = new ProberFixture();

  /** Rubbish at every port, of which its full buffer drops some. */
  private void flood(int datagrams, int dropped) {
    mesh.network.sockets.forEach(socket -> {
      for (int i = 0; i < datagrams; i++) {
        socket.deliver(new byte[] {1, 2, 3}, STRANGER, 0);
      }
      socket.overflows += dropped;
    });
  }

  @Test
  void aFloodAfterAQuietDayHidesNoLossBesideIt() {
    mesh.prober.apply(plan(pair(12, 4, 20 * MILLI)));
    mesh.run(40 * SECOND);
    mesh.dropReturn = probe -> probe.sequence() % 4 == 1;

    for (int tick = 0; tick < 200; tick++) {
      flood(200, tick == 0 ? 200 : 0);
      mesh.run(10 * MILLI);
    }
    mesh.dropReturn = probe -> false;
    mesh.run(30 * SECOND);

    assertThat(mesh.published(Outcome.LOST) + mesh.published(Outcome.OWN_DROP)).isEqualTo(100);
    assertThat(mesh.published(Outcome.OWN_DROP)).isLessThanOrEqualTo(25);
  }

  @Test
  void aFloodFasterThanItIsReadDoesNotKeepProbesFromLeaving() {
    mesh.prober.apply(plan(pair(12, 4, 20 * MILLI)));
    mesh.run(SECOND);
    for (int i = 0; i < 100_000; i++) {
      mesh.network.sockets.getFirst().deliver(new byte[] {1, 2, 3}, STRANGER, 0);
    }

    mesh.run(mesh.prober.tickNanos());

    assertThat(mesh.counters.count(CollectorCounters.Event.NOT_A_PROBE)).isBetween(4096L, 5000L);
  }

  @Test
  void whatIsDroppedForAWrongChecksumIsLossAndCounted() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.run(10 * SECOND);
    mesh.dropReturn =
        probe -> {
          mesh.network.sockets.getFirst().otherDrops++;
          return true;
        };
    mesh.run(SECOND);
    mesh.dropReturn = probe -> false;
    mesh.run(20 * SECOND);

    assertThat(mesh.published(Outcome.LOST)).isEqualTo(16);
    assertThat(mesh.published(Outcome.OWN_DROP)).isZero();
    assertThat(mesh.counters.count(CollectorCounters.Event.CHECKSUM)).isEqualTo(16);
  }
}
