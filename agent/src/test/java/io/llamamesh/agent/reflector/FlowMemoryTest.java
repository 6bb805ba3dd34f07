package io.llamamesh.agent.reflector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class FlowMemoryTest {

  private final FlowMemory memory = new FlowMemory();

  @Test
  void aGapShowsAsAClearBit() {
    memory.arrived(1, 1, 10);
    memory.arrived(1, 1, 11);
    int entry = memory.arrived(1, 1, 13);

    assertThat(memory.highest(entry)).isEqualTo(13);
    assertThat(memory.tracked(entry)).isEqualTo(3);
    assertThat(memory.bitmap(entry)).isEqualTo(0b110);
  }

  @Test
  void sequencesGoOnAfterTheLastOf24Bits() {
    memory.arrived(1, 1, 0xffffff);
    int entry = memory.arrived(1, 1, 0);

    assertThat(memory.highest(entry)).isZero();
    assertThat(memory.bitmap(entry)).isEqualTo(1);
  }

  @Test
  void afterSoManyUnseenProbesThatTheirOrderIsUnknownItBeginsAnew() {
    memory.arrived(1, 1, 10);
    memory.arrived(1, 1, 11);
    int entry = memory.arrived(1, 1, 11 + (1 << 23));

    assertThat(memory.highest(entry)).isEqualTo(11 + (1 << 23));
    assertThat(memory.tracked(entry)).isZero();
    assertThat(memory.bitmap(entry)).isZero();
  }

  @Test
  void whatTheBitmapSaysIsWhatArrivedInAnyOrder() {
    Random random = new Random(42);
    TreeSet<Integer> arrived = new TreeSet<>();
    int next = 1000;
    int entry = memory.arrived(5, 9, next);
    arrived.add(next);
    for (int i = 0; i < 5000; i++) {
      next += random.nextInt(4);
      int sequence = Math.max(1000, next - random.nextInt(5));
      entry = memory.arrived(5, 9, sequence);
      arrived.add(sequence);
      int highest = arrived.last();
      assertThat(memory.highest(entry)).isEqualTo(highest);
      assertThat(memory.tracked(entry)).isEqualTo(Math.min(64, highest - 1000));
      for (int bit = 0; bit < memory.tracked(entry); bit++) {
        assertThat((memory.bitmap(entry) >>> bit & 1) != 0)
            .isEqualTo(arrived.contains(highest - 1 - bit));
      }
    }
  }

  @Test
  void whatTheLimitDroppedIsToldToTheFlowThatItHitAndToNoOther() {
    memory.arrived(1, 1, 10);
    memory.dropped(1, 1);
    memory.dropped(2, 2);
    memory.dropped(2, 2);

    int first = memory.arrived(1, 1, 12);
    assertThat(memory.limited(first)).isEqualTo(1);
    assertThat(memory.tracked(first)).isEqualTo(2);
    assertThat(memory.bitmap(first)).isEqualTo(0b10);
    int second = memory.arrived(2, 2, 7);
    assertThat(memory.limited(second)).isEqualTo(2);
    assertThat(memory.highest(second)).isEqualTo(7);
    assertThat(memory.tracked(second)).isZero();
    assertThat(memory.limited(memory.arrived(3, 3, 1))).isZero();
  }

  @Test
  void aFloodOverTheLimitMakesNoKnownFlowForgotten() {
    for (int flow = 0; flow < 1000; flow++) {
      memory.arrived(flow, 5, 10);
    }
    for (int flow = 1000; flow < 1_000_000; flow++) {
      memory.dropped(flow, 6);
    }

    for (int flow = 0; flow < 1000; flow++) {
      assertThat(memory.tracked(memory.arrived(flow, 5, 11))).isEqualTo(1);
    }
  }

  @Test
  void aFlowWaitsToBeToldWhenNothingOfItPassedForASecondAndNotBefore() {
    long second = 1_000_000_000L;
    memory.told(memory.arrived(1, 1, 10), 50 * second);
    memory.dropped(1, 1);
    memory.dropped(2, 2);

    assertThat(memory.waitsToBeTold(1, 1, 50 * second + second / 2)).isFalse();
    assertThat(memory.waitsToBeTold(1, 1, 51 * second + second / 100)).isTrue();
    assertThat(memory.waitsToBeTold(2, 2, 50 * second)).isTrue();
    assertThat(memory.waitsToBeTold(3, 3, 50 * second)).isFalse();
  }

  @Test
  void whatWasHereBeforeIsNotFresh() {
    Random random = new Random(3);
    TreeSet<Integer> arrived = new TreeSet<>();
    int next = 1000;
    for (int i = 0; i < 5000; i++) {
      next += random.nextInt(3);
      int sequence = Math.max(1000, next - random.nextInt(60));
      boolean isNew = arrived.isEmpty() || !arrived.contains(sequence);

      memory.arrived(5, FlowMemory.AUTHENTIC, sequence);

      arrived.add(sequence);
      boolean canBeTold = arrived.last() - sequence <= 64;
      assertThat(memory.isFresh()).isEqualTo(isNew && canBeTold);
    }
  }

  @Test
  void whatWasCapturedLongAgoDoesNotSetAnAuthenticFlowBack() {
    memory.arrived(1, FlowMemory.AUTHENTIC, 5_000_000);
    int entry = memory.arrived(1, FlowMemory.AUTHENTIC, 5_000_001);

    memory.arrived(1, FlowMemory.AUTHENTIC, 10);

    assertThat(memory.isFresh()).isFalse();
    assertThat(memory.highest(entry)).isEqualTo(5_000_001);
    assertThat(memory.tracked(entry)).isEqualTo(1);
  }

  @Test
  void flowsOfDifferentSendersAreKeptApart() {
    memory.arrived(1, 1, 10);
    int entry = memory.arrived(1, 2, 20);

    assertThat(memory.highest(entry)).isEqualTo(20);
    assertThat(memory.tracked(entry)).isZero();
  }

  @Test
  void whatCouldNotBeAnsweredIsToldAsDroppedAndNotAsSeen() {
    memory.arrived(1, 2, 10);
    memory.unanswered(memory.arrived(1, 2, 11));

    int entry = memory.arrived(1, 2, 12);

    assertThat(memory.limited(entry)).isEqualTo(1);
    assertThat(memory.highest(entry)).isEqualTo(12);
    assertThat(memory.bitmap(entry)).isEqualTo(0b10);
    assertThat(memory.tracked(entry)).isEqualTo(2);
  }

  @Test
  void aFirstProbeThatCouldNotBeAnsweredWasNeverSeen() {
    memory.unanswered(memory.arrived(1, 2, 10));

    int entry = memory.arrived(1, 2, 11);

    assertThat(memory.limited(entry)).isEqualTo(1);
    assertThat(memory.tracked(entry)).isZero();
  }

  @Test
  void aCopyThatCouldNotBeAnsweredChangesNothing() {
    memory.arrived(1, 2, 10);
    memory.unanswered(memory.arrived(1, 2, 10));

    assertThat(memory.limited(memory.arrived(1, 2, 11))).isZero();
  }
}
