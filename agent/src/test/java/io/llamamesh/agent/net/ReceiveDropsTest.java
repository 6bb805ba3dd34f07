package io.llamamesh.agent.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReceiveDropsTest {

  private static ReceiveDrops from(int drops, long full) {
    return new ReceiveDrops(carried -> drops, () -> full);
  }

  @Test
  void whatTheNamespacesFullBuffersDoNotExplainIsNoOverflow() {
    ReceiveDrops drops = from(100, 7);

    drops.attribute(150, 7);

    assertThat(drops.overflows()).isZero();
    assertThat(drops.others()).isEqualTo(50);
  }

  @Test
  void ofFullBuffersAndWrongChecksumsTogetherTheFirstAreBelieved() {
    ReceiveDrops drops = from(0, 0);

    drops.attribute(50, 30);
    drops.attribute(60, 40);

    assertThat(drops.overflows()).isEqualTo(40);
    assertThat(drops.others()).isEqualTo(20);
  }

  @Test
  void whatIsDroppedBetweenTheTwoReadsIsAttributedNextTime() {
    ReceiveDrops drops = from(0, 0);

    drops.attribute(10, 13);
    drops.attribute(13, 13);

    assertThat(drops.overflows()).isEqualTo(13);
  }

  @Test
  void fullBuffersOfOtherProgramsExcuseNothingLater() {
    ReceiveDrops drops = from(0, 0);

    drops.attribute(0, 1000);
    drops.attribute(0, 1000);
    drops.attribute(50, 1000);

    assertThat(drops.overflows()).isZero();
    assertThat(drops.others()).isEqualTo(50);
  }

  @Test
  void theCountGoesOnBeyondItsWidthAndAStepBackIsNoFlood() {
    ReceiveDrops drops = from(-3, 0);

    drops.attribute(2, 5);
    drops.attribute(1, 50);

    assertThat(drops.overflows()).isEqualTo(5);
    assertThat(drops.others()).isZero();
  }

  @Test
  void whereTheSystemHasNoCountTheSocketsIsBelieved() {
    ReceiveDrops drops = from(0, UdpErrors.UNKNOWN);

    drops.attribute(5, UdpErrors.UNKNOWN);
    drops.attribute(8, 3);

    assertThat(drops.overflows()).isEqualTo(8);
  }

  @Test
  void bothTablesOfTheKernelAreRead() {
    assertThat(
            UdpErrors.V4.sum(
                """
                Tcp: RcvbufErrors
                Tcp: 99
                Udp: InDatagrams RcvbufErrors InCsumErrors MemErrors
                Udp: 5 649667 50 3
                UdpLite: InDatagrams RcvbufErrors
                UdpLite: 1 1
                """))
        .isEqualTo(649670);
    assertThat(
            UdpErrors.V6.sum(
                """
                Udp6InDatagrams                 \t34
                Udp6RcvbufErrors                \t12
                Udp6MemErrors                   \t3
                """))
        .isEqualTo(15);
  }
}
