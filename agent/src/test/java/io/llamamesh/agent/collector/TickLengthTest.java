package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.pair;
import static io.llamamesh.agent.collector.ProberFixture.plan;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TickLengthTest {

  private final ProberFixture mesh = new ProberFixture();

  @Test
  void fewProbesMakeLongTicks() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI), pair(13, 4, 250 * MILLI)));

    assertThat(mesh.prober.tickNanos()).isEqualTo(10 * MILLI);
  }

  @Test
  void manyProbesMakeShortTicks() {
    mesh.prober.apply(plan(pair(12, 10, 2 * MILLI)));

    assertThat(mesh.prober.tickNanos()).isEqualTo(MILLI);
  }

  @Test
  void twoProbesOfAPairDoNotLeaveInOneTick() {
    mesh.prober.apply(plan(pair(12, 4, 20 * MILLI)));

    assertThat(mesh.prober.tickNanos()).isEqualTo(5 * MILLI);
  }

  @Test
  void theRepliesOfATickFillNoMoreThanHalfOfTheBuffer() {
    int datagram = pair(12, 1, 10 * MILLI).trafficClass().datagramBytes();
    // The kernel takes twice as much as it reports: four replies, of 400 a second.
    mesh.network.receiveBufferBytes = 2 * TickLength.charge(datagram);

    mesh.prober.apply(
        plan(
            pair(12, 1, 10 * MILLI),
            pair(13, 1, 10 * MILLI),
            pair(14, 1, 10 * MILLI),
            pair(15, 1, 10 * MILLI)));

    assertThat(mesh.prober.tickNanos()).isEqualTo(5 * MILLI);
  }

  @Test
  void aProbeOfAThousandBytesTakesWhatTheKernelWasSeenToTake() {
    assertThat(TickLength.charge(1028)).isEqualTo(2304);
  }
}
